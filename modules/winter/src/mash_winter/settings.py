# SPDX-License-Identifier: EUPL-1.2
"""Environment → one frozen object: WINTER_<FIELD>, else MASH_<FIELD>, else <…>_FILE."""

from mash_sdk import settings


class Settings(settings.Settings):
    """What this module reads: the platform's own."""
