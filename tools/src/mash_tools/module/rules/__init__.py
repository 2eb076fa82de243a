# SPDX-License-Identifier: EUPL-1.2
"""The rules of `./mash module check`, each a generator of faults."""
