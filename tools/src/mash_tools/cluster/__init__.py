# SPDX-License-Identifier: EUPL-1.2
"""A Kubernetes for tests: one node of one's own, or any that a kubeconfig names; images, helm and kubectl."""
