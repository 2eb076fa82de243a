# SPDX-License-Identifier: EUPL-1.2
"""./mash module certify: what is in order passes, and each kind of fault is refused with its reason."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mash_tools.cluster.kube import find_helm
from mash_tools.module.certify import commands, dry_run
from mash_tools.module.certify.load import load
from mash_tools.module.certify.suite import SECONDS
from mash_tools.module.certify.verdict import Check, Outcome, Verdict
from mash_tools.module.commands import main
from mash_tools.module.source import find

ROOT = Path(__file__).parents[2]
PACKAGE = "src/mash_lost_and_found"
SUITE = frozenset({"load", "chart", "image"})
"""Left out where only the suites are looked at."""
Certify = Callable[..., dict[str, Check]]

pytestmark = pytest.mark.timeout(SECONDS)  # a suite has so long


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A copy of lost-and-found to be spoilt."""
    return copied("modules/lost-and-found", tmp_path)


def copied(name: str, to: Path) -> Path:
    folder = to / Path(name).name
    shutil.copytree(ROOT / name, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def certified(folder: Path, without: frozenset[str]) -> dict[str, Check]:
    found = commands.certify(find(str(folder)), ROOT, ROOT / "proto", without, lambda _: None)
    return {check.name: check for check in found}


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"the test's own premise: {old!r} is in {file}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def reasons(check: Check) -> str:
    assert check.outcome is Outcome.FAILED, check
    assert all(finding.remedy for finding in check.findings)
    return "\n".join(finding.reason for finding in check.findings)


def test_lost_and_found_is_in_order(module: Path) -> None:
    found = certified(module, SUITE)
    assert {name for name, check in found.items() if check.outcome is Outcome.PASSED} == {
        "rules", "contract", "tenancy", "upgrade",
    }  # fmt: skip


def test_what_the_suite_finds_is_told_by_its_kind(module: Path) -> None:
    """A route that says nothing, and doors whose unit is the worker's: routes reach every city's rows."""
    spoil(module / PACKAGE / "api.py", '    """The caller\'s own reports."""\n', "")
    first = "    tenants = program.tenants\n"
    worker = "    program.database.unit = program.database.worker_unit\n"
    spoil(module / PACKAGE / "app.py", first, f"{worker}{first}")
    found = certified(module, SUITE)
    assert [name for name, one in found.items() if one.outcome is Outcome.FAILED] == ["contract", "tenancy"]
    assert "GET /api/lost-and-found/v1/reports" in reasons(found["contract"])
    said = reasons(found["tenancy"])
    assert "GET /api/lost-and-found/v1/reports/{report_id} answers 200 to mannheim" in said
    assert "an id of heidelberg's reports" in said
    assert "mannheim changed rows of heidelberg" in said
    assert len(found["tenancy"].findings) >= 6, "each thing a walk lists is a finding of its own"
    assert "assert [" not in said


def test_a_table_that_shows_all_and_a_migration_that_does_not_go_back(module: Path) -> None:
    migration, way = (
        module / PACKAGE / "migrations/0002_reports_end.py",
        '    op.create_index("reports_expire"',
    )
    spoil(migration, way, f'    op.execute("alter table reports disable row level security")\n{way}')
    spoil(migration, 'op.drop_column("reports", "closed_at")', "pass")
    found = certified(module, SUITE)
    said = reasons(found["tenancy"])
    assert "these tables show rows of another city; call protect() for them in a migration: reports" in said
    assert 'column "closed_at"' in reasons(found["upgrade"])


def test_a_migration_that_stops_the_older_version_breaks_the_upgrade(module: Path) -> None:
    migration = module / PACKAGE / "migrations/0002_reports_end.py"
    assert dry_run.upgrade(find(str(module)), ROOT / "proto") == ()
    spoil(migration, ", server_default=sa.text(\"now() + interval '184 days'\")", "")
    [finding] = dry_run.upgrade(find(str(module)), ROOT / "proto")
    assert "an older version that still runs would fail" in finding.reason
    assert "UNUSED_SINCE" in finding.remedy
    spoil(migration, "depends_on = None\n", 'depends_on = None\nUNUSED_SINCE = "0.0.9"\n')
    assert dry_run.upgrade(find(str(module)), ROOT / "proto") == ()


BREAKING = [
    'op.drop_column("reports", "place")',
    'op.drop_table("matches")',
    'op.rename_table("matches", "pairs")',
    'op.alter_column("reports", "place", new_column_name="where")',
    'op.alter_column("reports", "place", nullable=False)',
    'op.add_column("reports", sa.Column("colour", sa.Text, nullable=False))',
]


@pytest.mark.parametrize("line", BREAKING)
def test_what_stops_an_older_version(module: Path, line: str) -> None:
    first = "def upgrade() -> None:\n"
    spoil(module / PACKAGE / "migrations/0002_reports_end.py", first, f"{first}    {line}\n")
    [finding] = dry_run.upgrade(find(str(module)), ROOT / "proto")
    assert "0002_reports_end.py:16" in finding.reason


def test_an_rpc_that_sees_every_city_leaks(tmp_path: Path) -> None:
    folder = copied("services/sensors", tmp_path)
    worker = "    database = program.database\n"
    spoil(folder / "src/mash_sensors/app.py", worker, f"{worker}    database.unit = database.worker_unit\n")
    said = reasons(certified(folder, SUITE | {"contract", "upgrade"})["tenancy"])
    assert "mash.sensors.v1.DatastreamService/ListDatastreams tells mannheim of heidelberg's" in said


def test_what_check_finds_refuses_it(module: Path) -> None:
    spoil(module / "README.md", "`/lost-and-found/reports` pages of citizens, ", "")
    found = certified(module, SUITE | {"contract", "tenancy", "upgrade"})
    assert "/lost-and-found/reports" in reasons(found["rules"])


def test_tests_that_cannot_run_are_no_certificate(module: Path) -> None:
    spoil(module / "tests/conftest.py", "import pytest\n", "import pytest\nimport nowhere\n")
    found = certified(module, SUITE)
    for name in ("contract", "tenancy", "upgrade"):
        assert "cannot be run" in reasons(found[name])
    assert "nowhere" in reasons(found["contract"])


def test_a_route_that_is_the_gateways_is_not_rendered(module: Path) -> None:
    if find_helm() is None:
        if os.environ.get("CI"):
            pytest.fail("CI has to install helm: its refusal must be seen")
        pytest.skip("helm is not installed: nothing is rendered")
    everything = frozenset({"rules", "contract", "tenancy", "upgrade", "load", "image"})
    assert certified(module, everything)["chart"].outcome is Outcome.PASSED
    spoil(module / "values.yaml", "routes: [/lost-and-found,", "routes: [/ops/x,")
    assert "/ops/x is the gateway's own" in reasons(certified(module, everything)["chart"])


def test_without_goals_nothing_is_promised(module: Path) -> None:
    manifest = module / PACKAGE / "module.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text[: text.index("[goals]")], encoding="utf-8")
    assert "no [goals]" in reasons(load(find(str(module)), ROOT))


def test_the_verdict_says_what_was_left_out(
    module: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    without = [f"--without={name}" for name in commands.NAMES if name != "rules"]
    assert main(["certify", str(module), *without]) == 1
    assert "is not certified: contract, load, tenancy, upgrade left out" in capsys.readouterr().out
    spoil(module / "README.md", "`/lost-and-found/reports` pages of citizens, ", "")
    assert main(["certify", str(module), "--json", *without]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["module"], told["certified"]) == ("lost-and-found", False)
    [rules] = [one for one in told["checks"] if one["outcome"] == "failed"]
    assert rules["findings"][0]["remedy"]


def test_only_all_of_it_is_a_certificate() -> None:
    passed = [Check(name, Outcome.PASSED, "") for name in commands.NAMES]
    assert Verdict("m", "1.0.0", passed).certified
    assert str(Verdict("m", "1.0.0", passed)).endswith("m 1.0.0 is certified.")
    assert not Verdict("m", "1.0.0", passed[:4]).certified
    assert Verdict("m", "1.0.0", [*passed[:5], Check("image", Outcome.LEFT_OUT, "no buildah")]).certified
    assert not Verdict("m", "1.0.0", [*passed[:6], Check("image", Outcome.FAILED, "")]).certified
