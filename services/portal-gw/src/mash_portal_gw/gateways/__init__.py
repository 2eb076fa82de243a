# SPDX-License-Identifier: EUPL-1.2
"""Way out: Keycloak, the topic of modules, the span store, the mail sink."""
