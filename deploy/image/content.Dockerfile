# SPDX-License-Identifier: EUPL-1.2
# What people read and see: the municipalities of cities/ and KERN UX. Data, no program of ours; it has versions of its
# own, so that a text or a fee changes without a new program:
#   npm ci --omit=dev --ignore-scripts
#   docker build -f deploy/image/content.Dockerfile -t mash-content:2026.11 .
# In Kubernetes an init container copies it into a volume of the pod, which is why it stands on an image with `cp`.

ARG PYTHON_IMAGE=python:3.12-slim
FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mash-content" \
      org.opencontainers.image.description="MAsH, the municipal platform: municipalities and assets" \
      org.opencontainers.image.licenses="EUPL-1.2" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY cities /content/cities
COPY node_modules/@kern-ux/native/dist /content/kern
USER 10001:10001
ENTRYPOINT ["cp", "-r", "/content/."]
CMD ["/data"]
