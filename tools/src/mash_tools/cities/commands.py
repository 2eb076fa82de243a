# SPDX-License-Identifier: EUPL-1.2
"""`./mash city check | new | add`: what a person types, and what they are told to do next."""

import argparse
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from mash_sdk.tenants import RESERVED, Tenants
from mash_tools.cities.checker import check as faults_of
from mash_tools.cities.checker import untranslated, untried
from mash_tools.cities.published import altered, known_editions
from mash_tools.problems import LauncherError
from mash_tools.realms import access, provision

_TEMPLATE = Path(__file__).parent / "template"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
USAGE = "usage: ./mash city check [NAME…] | new NAME | add NAME"


def main(argv: list[str]) -> int:
    """Run `check`, `new` or `add`. 0 is well, 1 faults were found, 2 it could not be done."""
    commands: dict[str, Callable[[list[str]], int]] = {"check": check, "new": new, "add": add}
    if argv[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    if not argv or argv[0] not in commands:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        return commands[argv[0]](argv[1:])
    except LauncherError as err:
        print(err, file=sys.stderr)
        return 2


def check(argv: list[str]) -> int:
    """Say everything that is wrong with the cities named, or with all."""
    parser = argparse.ArgumentParser(prog="./mash city check", description=check.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    _data_option(parser)
    _cities_option(parser)
    asked = parser.parse_args(argv)
    cities = _existing(asked.cities)
    faults = faults_of(cities, asked.names)
    names = asked.names or sorted(file.parent.name for file in cities.glob("*/city.toml"))
    published = known_editions(asked.data)
    if published is None:
        print(f"No platform runs on {asked.data}: forms were not compared with what is published.")
    else:
        faults += altered(cities, names, published)
    for fault in faults:
        print(fault)
    if missing := untranslated(cities, names):
        print("Not translated yet:", *missing, sep="\n  ")
    if unsure := untried(cities, names):
        print("Conditions that could not be tried out:", *unsure, sep="\n  ")
    if faults:
        print(f"{len(faults)} to put right.")
        return 1
    print(f"{', '.join(names)}: in order.")
    return 0


def new(argv: list[str]) -> int:
    """Begin a city: a folder with every file, commented, its facts marked as demo data."""
    parser = argparse.ArgumentParser(prog="./mash city new", description=new.__doc__)
    parser.add_argument("name", metavar="NAME", help="lower case, for example neckargemuend")
    parser.add_argument("--title", help="as people write it, for example Neckargemünd")
    parser.add_argument("--ags", default="", help="Amtlicher Gemeindeschlüssel, eight digits")
    _cities_option(parser)
    asked = parser.parse_args(argv)
    folder = begin(_existing(asked.cities), asked.name, asked.title or asked.name.title(), asked.ags)
    print(f"{folder} is made. Edit its files, then:  ./mash city check {asked.name}")
    return 0


def begin(cities: Path, name: str, title: str, ags: str = "") -> Path:
    """Write the folder of a new city. Raises LauncherError where the name or the folder cannot be."""
    if name in RESERVED:
        raise LauncherError(f"{name!r} is a name the platform itself uses; choose another.")
    if not _NAME.fullmatch(name):
        raise LauncherError(f"{name!r} cannot be a city's name; use lower-case words joined by hyphens.")
    folder = cities / name
    if folder.exists():
        raise LauncherError(f"{folder} is there already; edit it, or choose another name.")
    words = {"@NAME@": name, "@TITLE@": title, "@AGS@": ags}
    for file in sorted(_TEMPLATE.rglob("*.*")):
        text = file.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value.replace("\\", "").replace('"', ""))
        made = folder / file.relative_to(_TEMPLATE)
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(text, encoding="utf-8")
    return folder


def add(argv: list[str]) -> int:
    """Check a city and make its realm on the Keycloak that runs; services learn of it at their next start."""
    parser = argparse.ArgumentParser(prog="./mash city add", description=add.__doc__)
    parser.add_argument("name", metavar="NAME")
    _data_option(parser)
    _cities_option(parser)
    asked = parser.parse_args(argv)
    cities = _existing(asked.cities)
    if faults := faults_of(cities, [asked.name]):
        print(*faults, sep="\n")
        print(f"{len(faults)} to put right before {asked.name} can be added.")
        return 1
    where = access.find(asked.data)
    platform = access.platform(where)
    report = provision(
        where.url, where.user, where.password, cities, where.public_url, platform.client_jwks,
        demo=platform.demo, only=[asked.name], modules=platform.modules,
    )  # fmt: skip
    print(report)
    url = Tenants.load(cities, where.public_url).url(asked.name)
    print(f"Next: stop ./mash up and start it again, so that every service reads {cities / asked.name}.")
    print(f"Then open {url}")
    return 0


def _data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=access.typed_path, default=access.DATA, help="the data folder of ./mash up"
    )


def _cities_option(parser: argparse.ArgumentParser) -> None:
    default = Path(os.environ.get("MASH_CITIES", "cities"))
    parser.add_argument(
        "--cities", type=access.typed_path, default=default, help="the folder of the cities (MASH_CITIES)"
    )


def _existing(cities: Path) -> Path:
    if not cities.is_dir():
        raise LauncherError(f"There is no folder {cities}; name it with --cities or MASH_CITIES.")
    return cities
