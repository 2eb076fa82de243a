# SPDX-License-Identifier: EUPL-1.2
"""What was found finds who lost it."""
