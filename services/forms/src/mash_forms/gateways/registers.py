# SPDX-License-Identifier: EUPL-1.2
"""Registers from a city's file: made-up entries, for the demo of what a real register would be asked."""

import asyncio
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mash_forms.model.processing import REGISTERS
from mash_forms.service.automation import Held


class FileRegisters:
    """The Registers of the use cases: `cities/<city>/registers.toml`. A city without it has none."""

    def __init__(self, cities: Path) -> None:
        self._cities = cities

    async def ask(self, tenant: str, register: str, answers: Mapping[str, Any]) -> Held | None:
        entries = await asyncio.to_thread(_entries, self._cities / tenant / "registers.toml", register)
        if entries is None:
            return None
        found = [one for one in entries if all(_same(one.get(name), said) for name, said in answers.items())]
        # Whatever the file says of itself: what lies in a file is no register.
        return Held(len(found), demo=True)


def _entries(file: Path, register: str) -> list[Mapping[str, Any]] | None:
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get(register)
    except (OSError, ValueError):
        return None
    if register not in REGISTERS or not isinstance(entries, list):
        return None
    return [one for one in entries if isinstance(one, dict)]


def _same(held: object, said: object) -> bool:
    if held is None or said is None:
        return False
    return _plain(held) == _plain(said)


def _plain(value: object) -> str:
    return " ".join(str(value).casefold().split())
