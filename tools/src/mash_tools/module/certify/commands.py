# SPDX-License-Identifier: EUPL-1.2
"""`./mash module certify`: what a person types, and the verdict."""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mash_tools.module.behaviour import REQUIRED, behaviour
from mash_tools.module.certify import dry_run, suite
from mash_tools.module.certify.load import load
from mash_tools.module.certify.verdict import Check, Outcome, Verdict
from mash_tools.module.source import Source, find
from mash_tools.platform.folder import DataFolder
from mash_tools.realms.access import DATA

NAMES = ("rules", "contract", "tenancy", "upgrade", "load", "chart", "image")


def main(argv: list[str]) -> int:
    """Say in one verdict whether a module may join: 0 certified, 1 not, 2 it could not be tried."""
    parser = argparse.ArgumentParser(prog="./mash module certify", description=main.__doc__)
    parser.add_argument("module", nargs="?", metavar="NAME|PATH", help="under modules/, or a module's folder")
    parser.add_argument(
        "--url", metavar="URL", help="by its behaviour: where a module in any language runs beside ./mash up"
    )
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="the data folder of ./mash up")
    parser.add_argument(
        "--contract", type=Path, default=Path("proto"), metavar="DIR", help="of mash/…/*.proto"
    )
    parser.add_argument(
        "--without", action="append", choices=NAMES, default=[], help="leave a check out: no certificate then"
    )
    parser.add_argument("--json", action="store_true", help="the verdict as JSON, with every finding")
    asked = parser.parse_args(argv)
    if bool(asked.url) == bool(asked.module):
        parser.error("name a module, or --url")
    if asked.url:
        return by_url(asked.url, DataFolder(asked.data), as_json=asked.json)
    source, root = find(asked.module), Path.cwd()
    source.require_python("start it and see by its behaviour, ./mash module certify --url")
    checks = certify(source, root, asked.contract.absolute(), frozenset(asked.without), _say)
    manifest = source.module().manifest
    verdict = Verdict(manifest.name, manifest.version, checks)
    print(verdict.json() if asked.json else f"\n{verdict}")
    return 0 if verdict.certified else 1


def by_url(url: str, folder: DataFolder, *, as_json: bool) -> int:
    """What can be told of a program from outside: 0 if it behaves as a module has to, else 1."""
    seen = asyncio.run(behaviour(url, folder))
    name, version = (seen.manifest.name, seen.manifest.version) if seen.manifest else (url, "")
    verdict = Verdict(name, version, seen.checks, required=REQUIRED)
    print(verdict.json() if as_json else verdict)
    return 0 if verdict.certified else 1


def certify(
    source: Source, root: Path, contract: Path, without: frozenset[str], say: Callable[[str], None]
) -> list[Check]:
    """Every check, the costly ones last; what one finds keeps none of the others from being made."""

    def timed(name: str, made: Callable[[], Check]) -> Check:
        if name in without:
            return Check(name, Outcome.LEFT_OUT, "--without")
        say(name)
        began = time.monotonic()
        check = made()
        return replace(check, seconds=round(time.monotonic() - began, 1))

    checks = [timed("rules", lambda: dry_run.rules(source, contract))]
    if {"contract", "tenancy", "upgrade"} <= without:
        checks += [Check(name, Outcome.LEFT_OUT, "--without") for name in suite.WHAT]
    else:
        say("contract, tenancy, upgrade")
        found = [_with_rules(one, source, contract) for one in suite.checks(source, root, without)]
        checks += [Check(c.name, Outcome.LEFT_OUT, "--without") if c.name in without else c for c in found]
    checks.append(timed("chart", lambda: dry_run.chart(source, root)))
    checks.append(timed("image", lambda: dry_run.image(source, root)))
    checks.append(timed("load", lambda: load(source, root)))
    return checks


def _with_rules(check: Check, source: Source, contract: Path) -> Check:
    """An upgrade has two sides: data goes along, and the older version goes on meanwhile."""
    found = dry_run.upgrade(source, contract) if check.name == "upgrade" else ()
    if not found:
        return check
    return replace(check, outcome=Outcome.FAILED, findings=(*found, *check.findings))


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)
