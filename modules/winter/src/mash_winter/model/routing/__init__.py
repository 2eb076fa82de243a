# SPDX-License-Identifier: EUPL-1.2
"""Gritting routes: what has to be gritted with what, the tours that do it, and what is wrong with them."""
