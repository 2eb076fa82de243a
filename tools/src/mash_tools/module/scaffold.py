# SPDX-License-Identifier: EUPL-1.2
"""Begins a module: copies modules/lost-and-found with every form of its name derived anew."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mash_sdk.names import Names
from mash_tools import proto
from mash_tools.problems import LauncherError

SOURCE: Final = Names("lost-and-found")
TITLE: Final = "Fundbüro"
SENTENCES: Final = {
    "The smallest complete module, and what `./mash module new` copies.": (
        "Begun from lost-and-found by `./mash module new`: put your own in the place of what it does."
    ),
}
RESERVED: Final = frozenset({"api", "ops", "platform", "proto", "sdk", "simulators", "tools"})
_LEFT_OUT: Final = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache"})


def new(root: Path, name: str, title: str) -> Path:
    """The new module's folder under `root`/modules; its contract is under `root`/proto, and generated.

    Raises LauncherError, having written nothing, for a name that is taken or is none.
    """
    names = _names(root, name)
    source, contract = root / "modules" / SOURCE.folder, root / "proto/mash" / SOURCE.schema
    if not source.is_dir() or not contract.is_dir():
        raise LauncherError(f"{source} is not there to be copied; start ./mash from its checkout.")
    target = root / "modules" / names.folder
    for file in _files(source):
        _copy(file, target / _renamed(file.relative_to(source), names), names, title)
    for file in _files(contract):
        _copy(file, root / "proto/mash" / names.schema / file.relative_to(contract), names, title)
    if proto.generate(root / "proto") != 0:
        raise LauncherError("The contract could not be generated; protoc says why above.")
    _tidy(target)
    return target


def _names(root: Path, name: str) -> Names:
    try:
        names = Names(name)
    except ValueError as err:
        raise LauncherError(f"{err}, for example winter-service.") from err
    taken = [root / "modules" / name, root / "services" / name, root / "proto/mash" / names.schema]
    if name in RESERVED or any(place.exists() for place in taken):
        raise LauncherError(f"The name {name} is taken; choose another.")
    return names


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not _LEFT_OUT & set(file.parts):
            yield file


def _renamed(path: Path, names: Names) -> Path:
    return Path(*(part.replace(SOURCE.package, names.package) for part in path.parts))


def _copy(file: Path, target: Path, names: Names, title: str) -> None:
    text = file.read_text(encoding="utf-8")
    for old, fresh in (SENTENCES | _forms(names, title)).items():
        text = text.replace(old, fresh)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def _forms(names: Names, title: str) -> dict[str, str]:
    return {
        SOURCE.folder: names.folder,
        SOURCE.schema: names.schema,
        SOURCE.schema.upper(): names.schema.upper(),
        _camel(SOURCE): _camel(names),
        TITLE: title,
    }


def _camel(names: Names) -> str:
    return "".join(word.capitalize() for word in names.folder.split("-"))


def _tidy(folder: Path) -> None:
    """Another name sorts elsewhere among the imports and makes lines shorter or longer."""
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([*ruff, *command, str(folder)], check=True)
