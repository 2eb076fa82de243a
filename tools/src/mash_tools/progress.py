# SPDX-License-Identifier: EUPL-1.2
"""How long work says what it is doing: one callable, given down to whoever does the work."""

from collections.abc import Callable

Progress = Callable[[str], None]


def silent(_message: str) -> None:
    """Say nothing: for tests and for parts started by programs."""
