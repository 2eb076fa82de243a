# SPDX-License-Identifier: EUPL-1.2
"""What notify does: `notices` within a door's unit, `sender` and `rounds` in the background."""
