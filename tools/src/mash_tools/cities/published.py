# SPDX-License-Identifier: EUPL-1.2
"""Compares forms with what the running platform has published: a published version never changes."""

import asyncio
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncpg

from mash_forms.model.definition import BrokenForm, content_of
from mash_forms.model.extending import BrokenChain
from mash_tools.cities.checker import read_form
from mash_tools.cities.faults import Fault
from mash_tools.cities.source import UnreadableError
from mash_tools.platform import noted
from mash_tools.platform.folder import DataFolder
from mash_tools.problems import LauncherError

Editions = Mapping[tuple[str, str, str], str]
"""Tenant, form, version → fingerprint of what was published."""


def known_editions(data: Path) -> Editions | None:
    """What the platform that runs on a data folder has published; None if none runs there."""
    try:
        dsn = noted.find(DataFolder(data)).postgres
        return asyncio.run(_asked(dsn))
    except (LauncherError, OSError, asyncpg.PostgresError):
        return None


def altered(cities: Path, names: Sequence[str], published: Editions) -> list[Fault]:
    """The forms that say something else than what was published under their version."""
    found = []
    for name in names:
        for file in sorted((cities / name / "forms").glob("*.yaml")):
            try:
                source = read_form(file, _title(cities / name))
                version, content = str(source.data["version"]), content_of(source.data)
            except (UnreadableError, BrokenForm, BrokenChain, LookupError, TypeError, ValueError):
                continue  # what is wrong with it is told elsewhere
            if published.get((name, file.stem, version), content) != content:
                what = (
                    f"version {version} is published and says something else; raise it to publish the change"
                )
                found.append(Fault(*source.at(("version",)), what))
    return found


def _title(folder: Path) -> str:
    try:
        return str(tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))["title"])
    except (OSError, ValueError, LookupError):
        return folder.name


async def _asked(dsn: str) -> Editions:
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        rows = await connection.fetch("select tenant, form, version, content from forms.editions")
        return {(row["tenant"], row["form"], row["version"]): row["content"] for row in rows}
    finally:
        await connection.close()
