# SPDX-License-Identifier: EUPL-1.2
"""Ways out: the mail server, the city's letters, and the services that are asked."""
