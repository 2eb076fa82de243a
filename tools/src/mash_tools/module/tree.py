# SPDX-License-Identifier: EUPL-1.2
"""What a module's folder holds, read once: manifest, project file and the syntax trees of its code."""

import ast
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mash_sdk.manifest import Manifest
from mash_sdk.names import Names
from mash_tools.cities.faults import Fault
from mash_tools.module.source import Source


@dataclass
class Tree:
    """`manifest` is None where it cannot be read; `faults` then says why."""

    source: Source
    manifest: Manifest | None = None
    project: Mapping[str, Any] = field(default_factory=dict)
    code: dict[Path, ast.Module] = field(default_factory=dict)
    load: ast.Module | None = None
    """load.py, which lies beside the package."""
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def read(cls, source: Source) -> "Tree":
        tree = cls(source)
        tree._read_manifest()
        tree._read_project()
        for file in sorted(source.code.rglob("*.py")):
            if (module := tree._parsed(file)) is not None:
                tree.code[file] = module
        if tree.load_file.is_file():
            tree.load = tree._parsed(tree.load_file)
        return tree

    @property
    def names(self) -> Names:
        assert self.manifest is not None  # noqa: S101 — rules run only over a manifest that was read
        return Names(self.manifest.name)

    @property
    def project_file(self) -> Path:
        return self.source.folder / "pyproject.toml"

    @property
    def load_file(self) -> Path:
        return self.source.folder / "load.py"

    def at(self, text: str) -> int:
        """The line of module.toml that has the text, else 1."""
        return line_of(self.source.manifest, text)

    def file(self, name: str) -> Path:
        """A room of the package."""
        return self.source.code / name

    def _parsed(self, file: Path) -> ast.Module | None:
        try:
            return ast.parse(file.read_text(encoding="utf-8"))
        except SyntaxError as err:
            self.faults.append(Fault(file, err.lineno or 1, f"{err.msg}; correct it"))
            return None

    def _read_manifest(self) -> None:
        file = self.source.manifest
        try:
            found = tomllib.loads(file.read_text(encoding="utf-8"))
            self.manifest = Manifest.model_validate(found)
        except tomllib.TOMLDecodeError as err:
            self.faults.append(Fault(file, _line_in(str(err)), f"{err}; correct it"))
        except ValidationError as err:
            for detail in err.errors(include_url=False, include_input=False):
                place = [str(part) for part in detail["loc"]]
                key = next((part for part in reversed(place) if not part.isdigit()), "")
                what = f"{'.'.join(place) or 'the file'}: {detail['msg']}; see docs/reference/module-toml.md"
                self.faults.append(Fault(file, line_of(file, key), what))

    def _read_project(self) -> None:
        try:
            self.project = tomllib.loads(self.project_file.read_text(encoding="utf-8")).get("project", {})
        except (OSError, tomllib.TOMLDecodeError) as err:
            self.faults.append(Fault(self.project_file, 1, f"{err}; the module needs it to be installed"))


def line_of(file: Path, text: str) -> int:
    """The first line that has the text, else 1."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return next((number for number, line in enumerate(lines, 1) if text and text in line), 1)


def _line_in(message: str) -> int:
    """tomllib says `(at line 3, column 7)`."""
    digits = message.partition("line ")[2].partition(",")[0]
    return int(digits) if digits.isdigit() else 1
