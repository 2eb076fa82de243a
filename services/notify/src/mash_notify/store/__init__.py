# SPDX-License-Identifier: EUPL-1.2
"""The way down to PostgreSQL: contact points and messages for the doors, the queue for the sender."""
