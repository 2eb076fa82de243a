# SPDX-License-Identifier: EUPL-1.2
"""Which schemas this code wants: a digest of all migrations. A warm start compares it."""

import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from mash_tools.platform.modules import Module


def of(modules: Sequence[Module]) -> str:
    """Changes with any migration of the SDK or of a module, and with the modules themselves."""
    digest = hashlib.sha256()
    for package in ("mash_sdk", *(module.package for module in modules)):
        for file in _migrations(package):
            digest.update(f"{package}/{file.name}\0".encode() + file.read_bytes() + b"\0")
        digest.update(package.encode())
    return digest.hexdigest()


def _migrations(package: str) -> Iterator[Path]:
    folder = Path(str(files(package))) / "migrations"
    yield from sorted(folder.rglob("*.py"))
