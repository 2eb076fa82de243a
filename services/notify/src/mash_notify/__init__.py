# SPDX-License-Identifier: EUPL-1.2
"""Every message that leaves for a person, a sign or a channel."""
