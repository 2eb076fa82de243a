# SPDX-License-Identifier: EUPL-1.2
"""`./mash city`: check a municipality's folder, begin one, and make its realm."""
