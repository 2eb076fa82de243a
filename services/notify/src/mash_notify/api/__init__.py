# SPDX-License-Identifier: EUPL-1.2
"""Ways in by HTTP for programs: messages, mailbox, subscriptions."""
