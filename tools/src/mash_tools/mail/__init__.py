# SPDX-License-Identifier: EUPL-1.2
"""The local mail sink: takes real SMTP, keeps the messages as files and shows them as JSON."""
