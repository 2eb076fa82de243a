# SPDX-License-Identifier: EUPL-1.2
"""The permit journey by HTTP, as people take it, without a browser: what `helm test` and an operator run."""
