# SPDX-License-Identifier: EUPL-1.2
"""`./mash audit verify`: whether the chains of a city's audit trails hold, and which line breaks one."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from mash_forms import store as forms
from mash_payments import store as payments
from mash_sdk.audit import Break, Head, Trail, Verdict, verified
from mash_sdk.database import Database
from mash_sdk.names import Names
from mash_sdk.problems import Unavailable
from mash_sdk.settings import Settings
from mash_tools.platform.reach import worker_dsn
from mash_tools.problems import LauncherError
from mash_tools.realms.access import DATA, typed_path

TRAILS: dict[str, Trail[Any]] = {
    "forms": forms.AuditStore(forms.Vault("")),
    "payments": payments.AuditStore(),
}
"""Who keeps a trail."""
WHY = {
    "missing": "it is missing",
    "altered": "it was altered, or a line before it was exchanged",
    "late": "it was written more than 5 minutes ago, and kept from the chain",
    "cut": "the chain is shorter than when its end was noted down",
}


def main(argv: list[str]) -> int:
    """0 if the chains hold, 1 if one is broken, 2 when the platform cannot be reached."""
    parser = argparse.ArgumentParser(prog="./mash audit", description=__doc__)
    parser.add_argument(
        "--data", type=typed_path, default=DATA, metavar="DIR", help="data folder of ./mash up"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="go along the chain")
    verify.add_argument("--city", required=True, help="whose trail")
    verify.add_argument("--trail", choices=list(TRAILS), help="only this service's")
    verify.add_argument(
        "--noted", type=Head.read, metavar="NUMBER:HASH", help="an end of that trail, noted down earlier"
    )
    asked = parser.parse_args(argv)
    if asked.noted is not None and asked.trail is None:
        parser.error("--noted is the end of one trail: say which with --trail")
    holds = True
    try:
        for service in [asked.trail] if asked.trail else TRAILS:
            verdict = asyncio.run(_verify(service, asked.data, asked.city, asked.noted))
            print(said(f"{service} in {asked.city}", verdict))
            holds = holds and verdict.broken is None
    except (LauncherError, Unavailable) as err:
        print(err, file=sys.stderr)
        return 2
    return 0 if holds else 1


def said(whose: str, verdict: Verdict[Any]) -> str:
    """What was found, in words."""
    if verdict.broken is None:
        more = f"; {verdict.open} lines are not sealed yet" if verdict.open else ""
        return (
            f"The audit trail of {whose} holds: {verdict.head.number} lines{more}.\nIts end: {verdict.head}"
        )
    return _broken(whose, verdict.broken, verdict.head)


def _broken(whose: str, broken: Break[Any], head: Head) -> str:
    told = f"The audit trail of {whose} is broken at line {broken.number}: {WHY[broken.why]}."
    if broken.line is not None:
        said_now = " ".join(f"{name}={value}" for name, value in broken.line.told().items() if value)
        told += f"\nIt says now: {said_now}"
    return f"{told}\nUp to line {head.number} it holds: {head}"


async def _verify(service: str, data: Path, city: str, noted: Head | None) -> Verdict[Any]:
    names = Names(service)
    dsn = worker_dsn(data, os.environ, names)
    database = Database(Settings.model_construct(postgres=dsn, postgres_worker=dsn), names.folder)
    try:
        return await verified(TRAILS[service], database, city, noted)
    finally:
        await database.close()
