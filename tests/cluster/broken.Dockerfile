# SPDX-License-Identifier: EUPL-1.2
# A version that migrates and then never answers: an upgrade to it has to be taken back.
ARG BASE
FROM ${BASE}
ENTRYPOINT ["/bin/sh", "-c", "if [ \"$1\" = migrate ]; then exec /opt/mash/bin/entry migrate; fi; exec sleep 3600", "broken"]
