# SPDX-License-Identifier: EUPL-1.2
"""Checks cities' folders whole: every file's shape, then what the files say of one another."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mash_forms.model.extending import BrokenChain, extended
from mash_sdk.tenants import RESERVED
from mash_sensors.model.codec_file import CodecFile
from mash_tools.cities import files, references
from mash_tools.cities.appointments import AppointmentsFile, unopened, wrong_openings
from mash_tools.cities.codecs import shared_codecs, wrong_codecs
from mash_tools.cities.faults import Fault, of_shape
from mash_tools.cities.forms import FormFile
from mash_tools.cities.sensors import RuleFile, SensorsFile
from mash_tools.cities.source import Merged, Source, UnreadableError, read

NAME = re.compile(r"[a-z][a-z0-9-]*")
M = TypeVar("M", bound=BaseModel)

_REQUIRED: dict[str, type[BaseModel]] = {
    "city.toml": files.CityFile,
    "portal.toml": files.PortalFile,
    "offices.toml": files.OfficesFile,
    "fees.toml": files.FeesFile,
    "payments.toml": files.PaymentsFile,
    "notify.toml": files.NotifyFile,
}
_OPTIONAL: dict[str, type[BaseModel]] = {
    "people.toml": files.PeopleFile,
    "appointments.toml": AppointmentsFile,
    "sensors.toml": SensorsFile,
    "registers.toml": files.RegistersFile,
}
_FOLDERS: dict[str, tuple[str, type[BaseModel]]] = {
    "forms": (".yaml", FormFile),
    "rules": (".toml", RuleFile),
    "codecs": (".toml", CodecFile),
}
"""Folders of files of one kind: what they are called, and their shape."""
_MODULES = "modules"
_OF_MODULES = (".toml", ".json", ".geojson")
"""modules/<name>/: what a module reads of a city. Its own tests judge what stands in it."""


@dataclass(frozen=True, slots=True)
class Read:
    """A file of the right shape."""

    source: Source
    content: BaseModel


def check(cities: Path, names: list[str]) -> list[Fault]:
    """All faults of the cities named, or of every city under `cities`; in the order of files and lines."""
    known = sorted(folder.parent.name for folder in cities.glob("*/city.toml"))
    faults: list[Fault] = []
    hosts: dict[str, str] = {}
    for name in known:
        found, read_files = _check_city(cities / name)
        if not names or name in names:
            faults += found
        city = read_files.get("city.toml")
        if city is not None and isinstance(city.content, files.CityFile):
            faults += references.hosts_once(city.source, city.content, hosts)
    faults += shared_codecs(cities)
    for name in names or [folder.name for folder in _folders(cities)]:
        if name not in known:
            faults.append(_no_city(cities, name))
    return sorted(set(faults))


def untranslated(cities: Path, names: list[str]) -> list[Fault]:
    """The texts of forms that are not in a language they could be in: no faults, and somebody's work."""
    return _told(cities, names, references.untranslated)


def untried(cities: Path, names: list[str]) -> list[Fault]:
    """The conditions of forms of which nobody can say whether they are ever met."""
    return _told(cities, names, references.untried)


def _told(
    cities: Path, names: list[str], of_form: Callable[[Source, FormFile], Iterator[Fault]]
) -> list[Fault]:
    """What is to be told of the forms that are in order, once of what they share."""
    told: dict[tuple[Path, int], Fault] = {}
    for name in names:
        for file in sorted((cities / name / "forms").glob("*.yaml")):
            try:
                source = read_form(file, name)
                for one in of_form(source, FormFile.model_validate(source.data)):
                    told.setdefault((one.file, one.line), one)
            except (BrokenChain, UnreadableError, UnicodeDecodeError, ValidationError):
                continue  # what is wrong with it is told as a fault
    return sorted(told.values())


def _folders(cities: Path) -> Iterator[Path]:
    return (folder for folder in sorted(cities.iterdir()) if folder.is_dir() and folder.name[0] not in "._")


def _no_city(cities: Path, name: str) -> Fault:
    if (cities / name).is_dir():
        return Fault(cities / name / "city.toml", 1, "the file is missing; add it")
    return Fault(cities / name, 1, f"there is no such city; make it with ./mash city new {name}")


def _check_city(folder: Path) -> tuple[list[Fault], dict[str, Read]]:
    faults = list(_strangers(folder))
    found: dict[str, Read] = {}
    for name, shape in {**_REQUIRED, **_OPTIONAL}.items():
        file = folder / name
        if file.is_file():
            _read(file, shape, name, found, faults)
        elif name in _REQUIRED:
            faults.append(Fault(file, 1, "the file is missing; add it"))
    city = found.get("city.toml")
    title = city.source.data["title"] if city is not None else folder.name
    for kind, (suffix, shape) in _FOLDERS.items():
        for file in sorted((folder / kind).glob(f"*{suffix}")):
            of_form = title if shape is FormFile else None
            _read(file, shape, f"{kind}/{file.name}", found, faults, of_form)
    for file in _of_modules(folder):
        _read(file, files.ModuleFile, str(file.relative_to(folder)), found, faults)
    faults += _rules(folder, found)
    return faults, found


def _read(
    file: Path,
    shape: type[BaseModel],
    name: str,
    found: dict[str, Read],
    faults: list[Fault],
    title: str | None = None,
) -> None:
    try:
        source = read(file) if title is None else read_form(file, title)
    except BrokenChain as err:
        faults.append(Fault(file, read(file).line(("extends",)), f"what it builds on: {err}; correct it"))
        return
    except UnreadableError as err:
        faults.append(Fault(file, err.line, f"cannot be read: {err}; correct the syntax"))
        return
    except UnicodeDecodeError:
        faults.append(Fault(file, 1, "is not UTF-8; save it as UTF-8"))
        return
    try:
        found[name] = Read(source, shape.model_validate(source.data))
    except ValidationError as err:
        faults += of_shape(source, err)


def read_form(file: Path, title: str) -> Source:
    """A city's form with what it builds on. Raises BrokenChain, and what read() raises."""
    own = read(file)
    if not isinstance(own.data, dict):
        return own
    parts = [own]

    def below(name: str) -> dict[str, Any]:
        shared = file.parents[2] / "_shared" / "forms" / f"{name}.yaml"
        if not NAME.fullmatch(name) or not shared.is_file():
            raise BrokenChain(f"there is no shared form {name!r}")
        try:
            parts.append(read(shared))
        except UnreadableError as err:
            raise BrokenChain(f"{shared}:{err.line} cannot be read: {err}") from err
        if not isinstance(parts[-1].data, dict):
            raise BrokenChain(f"{shared} is no form")
        return parts[-1].data

    try:
        data = extended(own.data, below, title)
    except (LookupError, TypeError, AttributeError) as err:
        raise BrokenChain(f"what it builds on has not the shape of a form ({err})") from err
    return Merged(file, data, parts=tuple(parts))


def _strangers(folder: Path) -> Iterator[Fault]:
    known = {*_REQUIRED, *_OPTIONAL, "README.md"}
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        if file.is_dir() and (str(inside) in _FOLDERS or _is_of_modules(inside)):
            continue
        suffix, _ = _FOLDERS.get(str(inside.parent), ("", None))
        of_a_kind = bool(suffix) and file.suffix == suffix
        of_a_kind = of_a_kind or (_is_of_modules(inside.parent) and inside.suffix in _OF_MODULES)
        if file.is_dir() or not (of_a_kind or str(inside) in known):
            yield Fault(file, 1, "is no file of a city's folder; correct its name or remove it")


def _is_of_modules(inside: Path) -> bool:
    """Whether it is the folder modules/, or a module's within it."""
    match inside.parts:
        case (first,):
            return first == _MODULES
        case (first, name):
            return first == _MODULES and NAME.fullmatch(name) is not None
    return False


def _of_modules(folder: Path) -> Iterator[Path]:
    for file in sorted((folder / _MODULES).glob("*/*")):
        if file.suffix in _OF_MODULES and file.is_file():
            yield file


def _rules(folder: Path, found: dict[str, Read]) -> Iterator[Fault]:
    city = _content(found, "city.toml", files.CityFile)
    if city is None:
        return
    source, content = city
    if content.name != folder.name:
        yield Fault(
            source.file,
            source.line(("name",)),
            f"name is {content.name!r}; write {folder.name!r} as the folder",
        )
    if content.name in RESERVED:
        yield Fault(
            source.file,
            source.line(("name",)),
            f"{content.name!r} is a name the platform itself uses; choose another",
        )
    if "people.toml" in found and not content.demo:
        people = found["people.toml"].source
        yield Fault(
            people.file, 1, "holds public passwords, but city.toml says demo = false; remove the file"
        )
    yield from references.once(found, "portal.toml", "situations", "slug")
    yield from references.once(found, "offices.toml", "offices", "id")
    if "registers.toml" in found and not content.demo:
        held = found["registers.toml"].source
        what = "holds made-up entries, but city.toml says demo = false; remove the file"
        yield Fault(held.file, 1, what)
    yield from references.once(found, "people.toml", "people", "username")
    yield from references.once(found, "sensors.toml", "devices", "device_id")
    yield from _sensors(found, demo=content.demo)
    codecs = [of for name in found if (of := _content(found, name, CodecFile))]
    yield from wrong_codecs(codecs, _content(found, "sensors.toml", SensorsFile), demo=content.demo)
    yield from references.offices_of_people(found)
    named = references.Named(
        offices=references.ids(found, "offices.toml", "offices", "id"),
        situations=references.ids(found, "portal.toml", "situations", "slug"),
        fees=references.keys(found, "fees.toml", "fees"),
        languages=content.languages,
    )
    opened: set[str] | None = set()
    if "appointments.toml" in found:
        calendars = found["appointments.toml"].source
        opened = {one["office"] for one in calendars.data.get("openings", [])}
        yield from references.once(found, "appointments.toml", "openings", "office")
        yield from wrong_openings(calendars, named.offices)
    elif (source.file.parent / "appointments.toml").is_file():
        opened = None  # it is at fault itself
    for name in found:
        form = _content(found, name, FormFile)
        if form is not None:
            yield from references.form(form[0], form[1], named)
            yield from unopened(form[0], form[1], opened) if opened is not None else ()


def _sensors(found: dict[str, Read], *, demo: bool) -> Iterator[Fault]:
    """Demo devices stand in demo cities, and a rule that names a device names one there is."""
    sensors = _content(found, "sensors.toml", SensorsFile)
    devices = sensors[1].devices if sensors is not None else []
    if sensors is not None and not demo:
        for number, device in enumerate(devices):
            if device.demo:
                line = sensors[0].line(("devices", number, "demo"))
                yield Fault(
                    sensors[0].file, line, "a demo device, but city.toml says demo = false; remove it"
                )
    known = {device.device_id for device in devices}
    for name in found:
        rule = _content(found, name, RuleFile)
        if rule is None:
            continue
        for number, named in enumerate(rule[1].when.devices):
            if known and named not in known:
                line = rule[0].line(("when", "devices", number))
                yield Fault(rule[0].file, line, f"device {named!r} is not in sensors.toml; correct its name")


def _content(found: dict[str, Read], name: str, shape: type[M]) -> tuple[Source, M] | None:
    there = found.get(name)
    if there is None or not isinstance(there.content, shape):
        return None
    return there.source, there.content
