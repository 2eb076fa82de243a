# SPDX-License-Identifier: EUPL-1.2
"""What a load.py holds: kinds of users, what they do, and how many of each make up a crowd."""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from mash_sdk.load import Person, Visitor
from mash_sdk.load.users import WEIGHT
from mash_tools.problems import LauncherError

Kind = type[Visitor]


def kinds_of(file: Path) -> list[Kind]:
    """The users of a load.py, as they stand in it. Raises LauncherError for a file that has none."""
    if not file.is_file():
        raise LauncherError(
            f"{file} is not there: nothing says how to load this; see docs/how-to/load-test.md."
        )
    spec = importlib.util.spec_from_file_location("mash_load_profile", file)
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 — a .py file has both
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Visitor) and one.__module__ == module.__name__
    ]
    kinds = [kind for kind in found if tasks_of(kind)]
    if not kinds:
        raise LauncherError(
            f"{file} has no users: a subclass of Visitor or Person with a method under @task()."
        )
    if nobody := [kind.__name__ for kind in kinds if issubclass(kind, Person) and not kind.role]:
        raise LauncherError(f"{file}: {', '.join(nobody)} has no role; say whose login it takes.")
    return kinds


def tasks_of(kind: Kind) -> dict[str, int]:
    """The names of what it does, each with its weight."""
    return {name: getattr(does, WEIGHT) for name in dir(kind) if hasattr(does := getattr(kind, name), WEIGHT)}


def crowd(kinds: Sequence[Kind], users: int) -> Mapping[str, int]:
    """How many of each kind, by weight, at least one. Raises LauncherError for fewer users than kinds."""
    if users < len(kinds):
        names = ", ".join(kind.__name__ for kind in kinds)
        raise LauncherError(f"{users} users are too few: one of each is needed ({names}).")
    whole = sum(kind.weight for kind in kinds)
    exact = {kind.__name__: users * kind.weight / whole for kind in kinds}
    shares = {name: max(1, int(part)) for name, part in exact.items()}
    # What rounding left over goes to whom it took most from; what "at least one" took comes from the largest.
    while (left := users - sum(shares.values())) != 0:
        name = max(
            shares, key=lambda one: (exact[one] - shares[one], exact[one]) if left > 0 else (shares[one], 0)
        )
        shares[name] += 1 if left > 0 else -1
    return shares
