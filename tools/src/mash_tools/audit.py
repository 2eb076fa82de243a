# SPDX-License-Identifier: EUPL-1.2
"""`./mash audit verify`: whether the chain of a city's audit trail holds, and which line breaks it first."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from mash_forms.model.audit import Break, Head
from mash_forms.service.auditing import Verdict, verified
from mash_forms.store import AuditStore, Vault
from mash_sdk.database import Database
from mash_sdk.names import Names
from mash_sdk.problems import Unavailable
from mash_sdk.settings import Settings
from mash_tools.platform.reach import worker_dsn
from mash_tools.problems import LauncherError
from mash_tools.realms.access import DATA, typed_path

FORMS = Names("forms")
WHY = {
    "missing": "it is missing",
    "altered": "it was altered, or a line before it was exchanged",
    "late": "it was written more than 5 minutes ago, and kept from the chain",
    "cut": "the chain is shorter than when its end was noted down",
}


def main(argv: list[str]) -> int:
    """0 if the chain holds, 1 if it is broken, 2 when the platform cannot be reached."""
    parser = argparse.ArgumentParser(prog="./mash audit", description=__doc__)
    parser.add_argument(
        "--data", type=typed_path, default=DATA, metavar="DIR", help="data folder of ./mash up"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="go along the chain")
    verify.add_argument("--city", required=True, help="whose trail")
    verify.add_argument("--noted", type=Head.read, metavar="NUMBER:HASH", help="an end noted down earlier")
    asked = parser.parse_args(argv)
    try:
        verdict = asyncio.run(_verify(asked.data, asked.city, asked.noted))
    except (LauncherError, Unavailable) as err:
        print(err, file=sys.stderr)
        return 2
    print(said(asked.city, verdict))
    return 0 if verdict.broken is None else 1


def said(city: str, verdict: Verdict) -> str:
    """What was found, in words."""
    if verdict.broken is None:
        more = f"; {verdict.open} lines are not sealed yet" if verdict.open else ""
        return f"The audit trail of {city} holds: {verdict.head.number} lines{more}.\nIts end: {verdict.head}"
    return _broken(city, verdict.broken, verdict.head)


def _broken(city: str, broken: Break, head: Head) -> str:
    told = f"The audit trail of {city} is broken at line {broken.number}: {WHY[broken.why]}."
    if broken.line is not None:
        line = broken.line
        told += (
            f"\nIt says now: {line.at.isoformat()} {line.action} {line.application_id or '-'}, id {line.id}"
        )
    return f"{told}\nUp to line {head.number} it holds: {head}"


async def _verify(data: Path, city: str, noted: Head | None) -> Verdict:
    dsn = worker_dsn(data, os.environ, FORMS)
    database = Database(Settings.model_construct(postgres=dsn, postgres_worker=dsn), FORMS.folder)
    try:
        return await verified(AuditStore(Vault("")), database, city, noted)
    finally:
        await database.close()
