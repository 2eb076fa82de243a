# SPDX-License-Identifier: EUPL-1.2
"""Secrets of one data folder: made once, kept in files only their owner reads."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def new_password() -> str:
    """192 random bits, safe in a URL."""
    return secrets.token_urlsafe(24)


def kept(file: Path, make: Callable[[], str] = new_password) -> str:
    """What `file` holds; when it is not there, `make` it and keep it (mode 0600, whole or not at all)."""
    try:
        return file.read_text()
    except FileNotFoundError:
        value = make()
        write_private(file, value)
        return value


def write_private(file: Path, value: str) -> None:
    """Write `value` for its owner alone; a reader sees the old or the new content, never a part."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(value)
    fresh.replace(file)
