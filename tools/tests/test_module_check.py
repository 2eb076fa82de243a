# SPDX-License-Identifier: EUPL-1.2
"""./mash module check: each kind of fault is told with its file, its line and what to do."""

import shutil
from pathlib import Path

import pytest

from mash_tools.module.checker import check
from mash_tools.module.commands import main
from mash_tools.module.source import Source, find

ROOT = Path(__file__).parents[2]
PACKAGE = "src/mash_lost_and_found"
EVENTS = "proto/mash/lost_and_found/v1/events.proto"
MODULE = "modules/lost-and-found"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    ignore = shutil.ignore_patterns("__pycache__", "gen")
    shutil.copytree(ROOT / MODULE, tmp_path / MODULE, ignore=ignore)
    shutil.copytree(ROOT / "proto", tmp_path / "proto", ignore=ignore)
    return tmp_path


def source(root: Path) -> Source:
    return find(str(root / MODULE))


def test_ours_is_in_order(root: Path) -> None:
    assert check(source(root), root / "proto") == []
    assert main(["check", str(root / MODULE), "--contract", str(root / "proto")]) == 0


TOML, API, EVENTS_PY = (
    f"{MODULE}/{PACKAGE}/module.toml",
    f"{MODULE}/{PACKAGE}/api.py",
    f"{MODULE}/{PACKAGE}/events.py",
)
MIGRATION = f"{MODULE}/{PACKAGE}/migrations/0001_initial.py"
VALUES = f"{MODULE}/values.yaml"
READING = "mash.sensors.v1.ObservationBatch"
READS = (
    "from mash.sensors.v1.observations_pb2 import ObservationBatch\n"
    'readings = Stream(ObservationBatch, group="lost-and-found")\n'
)
SPOILT = {
    "not approved": (VALUES, "/lost-and-found, /api", "/api", "routes:", "let them agree"),
    "another's Secret": (
        VALUES,
        "existingSecret: mash-",
        "existingSecret: ",
        "existingSecret:",
        "let them agree",
    ),
    "unasked": (VALUES, "needs: []", "needs: [forms]", "needs:", "let them agree"),
    "another's entry": (VALUES, "  lost-and-found:", "  bikes:", "# SPDX", "modules.lost-and-found"),
    "no YAML": (VALUES, "routes: [", "routes: [[", "needs:", "correct it"),
    "no toml": (TOML, 'title = "Fundbüro"', "title =", "title =", "correct it"),
    "unknown key": (TOML, 'sdk = "', 'skd = "', "sdk", "docs/reference/module-toml.md"),
    "another name": (
        TOML,
        'name = "lost-and-found"',
        'name = "bikes"',
        "name = ",
        "call it 'lost-and-found'",
    ),
    "another sdk": (TOML, '"0.1.0"\nsdk = ">=0.1,<1"', '"0.1.0"\nsdk = ">=9"', "sdk =", "would not start"),
    "another version": (f"{MODULE}/pyproject.toml", '"0.1.0"', '"0.2.0"', "version =", "let them agree"),
    "heard in vain": (
        TOML,
        "listens = [",
        'listens = ["mash.forms.v1.DocumentIssued", ',
        "listens",
        "handle it",
    ),
    "heard, not said": (
        TOML,
        'listens = ["mash.lost_and_found.v1.ItemReported"]',
        "listens = []",
        "@subscriptions.on(ItemReported)",
        "add it to listens",
    ),
    "a foreign fact": (
        TOML,
        "announces = [",
        'announces = ["mash.forms.v1.DocumentIssued", ',
        "DocumentIssued",
        "another service",
    ),
    "not announced": (
        TOML,
        '    "mash.lost_and_found.v1.MatchFound",\n',
        "",
        "message MatchFound",
        "add it there",
    ),
    "personal field": (
        EVENTS,
        "string report_id = 1;",
        "string report_id = 1;\n  string email = 9;",
        "email",
        "announce an id",
    ),
    "marked personal": (
        EVENTS,
        "string kind = 2;",
        "string kind = 2 [(mash.platform.v1.personal) = true];",
        "kind = 2",
        "announce an id",
    ),
    "no guard": (
        API,
        "async def list_appointments(_who: Citizen, ",
        "async def list_appointments(",
        '@router.get("/appointments")',
        "who: Annotated[Principal",
    ),
    "never reached": (
        API,
        'prefix="/api/lost-and-found/v1"',
        'prefix="/api/elsewhere/v1"',
        '@router.get("/reports")',
        "add one",
    ),
    "undeclared contract": (
        EVENTS_PY,
        "from mash_sdk import journey",
        "from mash.forms.v1 import forms_pb2\nfrom mash_sdk import journey",
        "forms_pb2",
        "needs",
    ),
    "another service's code": (
        EVENTS_PY,
        "from mash_sdk import journey",
        "import mash_forms\nfrom mash_sdk import journey",
        "mash_forms",
        "ask that service",
    ),
    "another group": (EVENTS_PY, 'group="lost-and-found"', 'group="bikes"', 'group="bikes"', "has to be"),
    "no way back": (
        MIGRATION,
        '    op.drop_table("matches")\n    op.drop_table("reports")\n',
        "    pass\n",
        "def downgrade",
        "taken back",
    ),
    "unprotected": (
        MIGRATION,
        ', "reports", "matches")',
        ', "reports")',
        "op.create_table(\n",
        "add protect(",
    ),
    "read in vain": (
        TOML,
        "announces = [",
        f'reads = ["{READING}"]\nannounces = [',
        "reads",
        "read it or take it out",
    ),
    "read, not said": (
        EVENTS_PY,
        "subscriptions = ",
        f"{READS}\nsubscriptions = ",
        "Stream(",
        "add it to reads",
    ),
    "no stream": (
        TOML,
        "announces = [",
        'reads = ["mash.sensors.v1.ThingRegistered"]\nannounces = [',
        "reads",
        "no stream of the contract",
    ),
    "another's stream": (
        API,
        "router = Router(",
        f"{READS.replace('Stream', 'Outlet')}\nrouter = Router(",
        "Outlet(",
        "only its own doors may",
    ),
    "a stream's group": (
        EVENTS_PY,
        "subscriptions = ",
        f"{READS.replace('lost-and-found', 'bikes')}\nsubscriptions = ",
        "Stream(",
        "has to be",
    ),
    "no goals": (TOML, "[goals]", "[other]", "other", "docs/reference/module-toml.md"),
    "a goal for nothing": (
        TOML,
        'step = "GET /lost-and-found"',
        'step = "GET /lost-and-fuond"',
        "GET /lost-and-fuond",
        "no step of load.py",
    ),
    "an empty goal": (TOML, "p95_ms = 2000", "", "steps", "docs/reference/module-toml.md"),
    "nobody does anything": (
        f"{MODULE}/load.py",
        "@task",
        "@staticmethod  # ",
        "SPDX",
        "mark what users do",
    ),
    "load.py uses a service's code": (
        f"{MODULE}/load.py",
        "from mash_sdk.load",
        "import mash_forms\nfrom mash_sdk.load",
        "mash_forms",
        "ask that service",
    ),
    "unwritten": (
        f"{MODULE}/README.md",
        "`/lost-and-found/reports` pages of citizens, ",
        "",
        "# lost",
        "to the table",
    ),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_fault_is_told_with_its_place_and_its_remedy(root: Path, kind: str) -> None:
    file, old, new, _at, remedy = SPOILT[kind]
    spoil(root / file, old, new, everywhere=kind == "nobody does anything")
    faults = check(source(root), root / "proto")
    assert [fault for fault in faults if remedy in fault.what], faults
    for fault in faults:
        assert fault.file.is_relative_to(root)
        assert 1 <= fault.line <= len(fault.file.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize(
    "kind",
    ["heard in vain", "heard, not said", "personal field", "no guard", "no way back", "a goal for nothing"],
)
def test_the_line_is_the_right_one(root: Path, kind: str) -> None:
    file, old, new, at, remedy = SPOILT[kind]
    spoil(root / file, old, new)
    (fault,) = [one for one in check(source(root), root / "proto") if remedy in one.what]
    assert at in fault.file.read_text(encoding="utf-8").splitlines()[fault.line - 1]


def test_a_module_reads_a_stream_of_another_service(root: Path) -> None:
    """It says so in module.toml and in the README, and needs nothing else: no gRPC, no rights to write."""
    spoil(root / TOML, "announces = [", f'reads = ["{READING}"]\nannounces = [')
    spoil(root / EVENTS_PY, "subscriptions = ", f"{READS}\nsubscriptions = ")
    (fault,) = check(source(root), root / "proto")
    assert f"does not name {READING}" in fault.what
    spoil(root / f"{MODULE}/README.md", "| announces |", f"| reads | `{READING}` |\n| announces |")
    assert check(source(root), root / "proto") == []


def test_a_long_file_and_a_name_that_says_nothing(root: Path) -> None:
    (root / MODULE / PACKAGE / "utils.py").write_text("x = 1\n" * 401, encoding="utf-8")
    assert [(one.file.name, one.line) for one in check(source(root), root / "proto")] == [
        ("utils.py", 1),
        ("utils.py", 401),
    ]


def test_without_the_conformance_suite(root: Path) -> None:
    (root / MODULE / "tests/test_conformance.py").unlink()
    (fault,) = check(source(root), root / "proto")
    assert "ModuleConformance" in fault.what


def test_without_a_load_profile_and_without_goals(root: Path) -> None:
    (root / MODULE / "load.py").unlink()
    manifest = root / TOML
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text[: text.index("[goals]")], encoding="utf-8")
    said = {fault.file.name: fault.what for fault in check(source(root), root / "proto")}
    assert said.keys() == {"load.py", "module.toml"}
    assert "is missing" in said["load.py"]
    assert "no [goals]" in said["module.toml"]


def test_the_command_counts_them_and_fails(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(root / MIGRATION, ', "reports", "matches")', ")")
    assert main(["check", str(root / MODULE), "--contract", str(root / "proto")]) == 1
    assert capsys.readouterr().out.endswith("2 to put right.\n")
    assert main(["check", str(root / "nowhere")]) == 2
    assert "no module" in capsys.readouterr().err


def test_a_module_in_another_language_is_told_by_its_behaviour(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    example = str(ROOT / "docs/examples/thing-counter")
    assert find(example).module().manifest.name == "thing-counter"
    assert main(["check", example]) == 2
    assert "./mash module check --url" in capsys.readouterr().err
    assert main(["certify", example]) == 2
    assert "./mash module certify --url" in capsys.readouterr().err
    assert main(["check", "--url", "http://127.0.0.1:9", "--data", str(tmp_path)]) == 2
    assert "No platform runs" in capsys.readouterr().err
    for words in ([], ["--url", "http://127.0.0.1:9", example]):
        with pytest.raises(SystemExit):
            main(["check", *words])


def spoil(file: Path, old: str, new: str, *, everywhere: bool = False) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"the test's own premise: {old!r} is in {file}"
    file.write_text(text.replace(old, new, -1 if everywhere else 1), encoding="utf-8")
