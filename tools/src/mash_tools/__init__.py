# SPDX-License-Identifier: EUPL-1.2
"""The launcher and the embedded parts behind ./mash."""
