# SPDX-License-Identifier: EUPL-1.2
"""`./mash module certify`: whether a module may join, in one verdict."""
