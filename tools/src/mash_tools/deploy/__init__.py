# SPDX-License-Identifier: EUPL-1.2
"""What an operator does around an install by Helm: secrets before, realms with it, a look afterwards."""
