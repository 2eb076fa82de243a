# SPDX-License-Identifier: EUPL-1.2
"""A module's folder on the disk, found by its path or, under modules/, by its name."""

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from mash_sdk.manifest import Manifest
from mash_tools.platform.modules import Module
from mash_tools.problems import LauncherError


@dataclass(frozen=True, slots=True)
class Source:
    """Where a module's package and manifest lie. Without a package it is in another language than Python."""

    folder: Path
    package: str

    @property
    def root(self) -> Path:
        """What has to be on Python's path."""
        return self.folder / "src"

    @property
    def code(self) -> Path:
        return self.root / self.package

    @property
    def manifest(self) -> Path:
        return (self.code if self.package else self.folder) / "module.toml"

    def require_python(self, why: str) -> None:
        """Raises LauncherError for a module in another language: its code is not ours to read."""
        if not self.package:
            raise LauncherError(f"{self.folder} has no Python package: {why}")

    def module(self) -> Module:
        """Raises LauncherError for a manifest that cannot be used."""
        try:
            text = self.manifest.read_text(encoding="utf-8")
            return Module(self.package, Manifest.model_validate(tomllib.loads(text)))
        except (OSError, tomllib.TOMLDecodeError, ValidationError) as err:
            raise LauncherError(f"{self.manifest} cannot be used; ./mash module check says why.") from err


def find(named: str, groups: Sequence[str] = ("modules",)) -> Source:
    """The module at a path, or of that name under one of `groups`. Raises LauncherError if there is none."""
    for folder in (Path(named), *(Path(group) / named for group in groups)):
        manifests = sorted(folder.glob("src/*/module.toml"))
        if manifests:
            return Source(folder.absolute(), manifests[0].parent.name)
        if (folder / "module.toml").is_file():
            return Source(folder.absolute(), "")
    known = names(groups)
    near = difflib.get_close_matches(named, known, n=1)
    raise LauncherError(
        f"There is no module {named}: neither a folder with module.toml or src/<package>/module.toml nor "
        f"{' or '.join(f'{group}/{named}' for group in groups)}. "
        + (f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known) or 'none'}.")
    )


def names(groups: Sequence[str]) -> list[str]:
    """Of what lies under `groups`."""
    return sorted(
        {path.parents[2].name for group in groups for path in Path(group).glob("*/src/*/module.toml")}
    )
