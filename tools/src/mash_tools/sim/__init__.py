# SPDX-License-Identifier: EUPL-1.2
"""`./mash sim`: a scripted day or night of a city that does not exist, on real parts, before a viewer."""
