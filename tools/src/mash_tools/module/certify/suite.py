# SPDX-License-Identifier: EUPL-1.2
"""The module's own conformance suite with the walks of a certificate, run by pytest in its own process."""

import ast
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from mash_tools.module.certify.verdict import Check, Finding, Outcome
from mash_tools.module.source import Source

SECONDS: Final = 900.0
LONGEST: Final = 600
"""Characters of a finding."""
_LIST: Final = re.compile(r"assert (\[.*?\]) == \[\]", re.DOTALL)
UPGRADE: Final = frozenset({"test_migrations_go_down_and_up_with_data"})
TENANCY: Final = frozenset(
    {
        "test_no_table_shows_another_citys_rows",
        "test_no_route_tells_or_changes_another_citys",
        "test_no_rpc_tells_or_changes_another_citys",
        "test_no_event_of_another_city_tells_or_changes_anything",
        "test_what_is_public_of_one_city_tells_of_no_other",
        "test_routes_refuse_tokens_of_another_tenant",
    }
)
WHAT: Final = {
    "contract": "the suite of the SDK over its doors",
    "tenancy": "tables, routes, rpcs, events and documents, as another city",
    "upgrade": "migrations one by one, down and up, with data; events afterwards",
}
REMEDIES: Final = {
    "contract": "see docs/reference/testing.md; ./mash test of its folder shows all of it",
    "tenancy": "ask in the unit of the door, which sees one city; worker units are for work across cities",
    "upgrade": "correct upgrade() or downgrade() of the migration; data has to go both ways",
}


@dataclass(frozen=True, slots=True)
class _Test:
    name: str
    seconds: float
    failures: tuple[str, ...]
    skipped: bool


def checks(source: Source, root: Path, without: AbstractSet[str] = frozenset()) -> list[Check]:
    """contract, tenancy and upgrade. Without the contract, only the tests of the others are run."""
    suites = _suites(source)
    if not suites:
        lacking = Finding("no test is a ModuleConformance", "subclass it (docs/reference/testing.md)")
        return [Check(name, Outcome.FAILED, what, (lacking,)) for name, what in WHAT.items()]
    with tempfile.TemporaryDirectory(prefix="mash-certify-") as folder:
        report = Path(folder, "report.xml")
        said = _run(source, root, suites, report, _chosen(without))
        tests = list(_tests(report)) if report.is_file() else []
    if not tests:
        broken = Finding(f"its tests cannot be run: {_last(said)}", "./mash test of its folder shows why")
        return [Check(name, Outcome.FAILED, what, (broken,)) for name, what in WHAT.items()]
    grouped: dict[str, list[_Test]] = {name: [] for name in WHAT}
    for test in tests:
        group = "tenancy" if test.name in TENANCY else "upgrade" if test.name in UPGRADE else "contract"
        grouped[group].append(test)
    return [_check(name, grouped[name]) for name in WHAT]


def _chosen(without: AbstractSet[str]) -> AbstractSet[str]:
    """Names of the tests that are run; none: all."""
    if "contract" not in without:
        return frozenset()
    return (frozenset() if "tenancy" in without else TENANCY) | (
        frozenset() if "upgrade" in without else UPGRADE
    )


def _check(name: str, tests: list[_Test]) -> Check:
    wanted = {"tenancy": TENANCY, "upgrade": UPGRADE}.get(name, frozenset())
    findings = [Finding(failure, REMEDIES[name]) for test in tests for failure in test.failures]
    missing = wanted - {test.name for test in tests if not test.skipped}
    findings += [Finding(f"{one} did not run", "keep all of ModuleConformance") for one in sorted(missing)]
    outcome = Outcome.FAILED if findings else Outcome.PASSED
    seconds = sum(test.seconds for test in tests)
    return Check(name, outcome, f"{WHAT[name]}: {len(tests)} tests", tuple(findings), seconds)


def _suites(source: Source) -> list[Path]:
    return [
        file
        for file in sorted((source.folder / "tests").rglob("test_*.py"))
        if re.search(r"\bModuleConformance\b.*\)\s*:", file.read_text(encoding="utf-8"))
    ]


def _run(source: Source, root: Path, suites: list[Path], report: Path, chosen: AbstractSet[str]) -> str:
    command = [sys.executable, "-m", "pytest", "--certify", "-vv", "-p", "no:cacheprovider"]
    command += [f"--rootdir={root}", f"--config-file={root / 'pyproject.toml'}", f"--junitxml={report}"]
    if chosen:
        command += ["-k", " or ".join(sorted(chosen))]
    path = os.pathsep.join(filter(None, (str(source.root), os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(
            [*command, *map(str, suites)],
            cwd=root,
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"they did not end within {SECONDS:.0f} s"
    return done.stdout + done.stderr


def _tests(report: Path) -> Iterator[_Test]:
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 — pytest of ours has written it
        failed = [one for one in case if one.tag in {"failure", "error"}]
        failures = _said(failed[0]) if failed else ()
        seconds = float(case.get("time", 0))
        yield _Test(_plain(case), seconds, failures, case.find("skipped") is not None)


def _plain(case: ET.Element) -> str:
    return str(case.get("name", "")).partition("[")[0]


def _said(failed: ET.Element) -> tuple[str, ...]:
    """What a test says, without the code that compared it: one sentence for each thing it lists."""
    # The message of a long list is cut; behind the traceback, in lines that begin with E, is all of it.
    whole = [line[1:].strip() for line in (failed.text or "").splitlines() if line.startswith("E ")]
    text = "\n".join(whole) or failed.get("message", "").strip()
    told = text.removeprefix("AssertionError: ").removeprefix("Failed: ")
    sentence = told.partition("assert [")[0]
    listed = _LIST.search(text)
    if listed is None:
        return (" ".join(told.split("\nassert ")[0].split())[:LONGEST],)
    try:
        found: list[object] = ast.literal_eval(listed[1])
    except (ValueError, SyntaxError):
        return (" ".join(told.split())[:LONGEST],)
    lead = f"{' '.join(sentence.split())}: " if sentence.strip() else ""
    return tuple(f"{lead}{one}"[:LONGEST] for one in found)


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("E ", "ERROR"))]
    return (telling or lines or ["nothing was said"])[-1][:300]
