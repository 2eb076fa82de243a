# SPDX-License-Identifier: EUPL-1.2
"""./mash load, as a person calls it: what it counts, how it judges, what it refuses. No time is a verdict."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mash_tools.load.commands import main

ROOT = Path(__file__).parents[3]
LOAD_WITHOUT_WAITING = """
from mash_sdk.load import Person, task

class Maker(Person):
    role = "citizen"
    pause = (0.05, 0.1)

    @task()
    def make(self):
        form = self.page("/make").form("/make")
        with self.intent("thing", form["id"]):
            self.submit("/make", form, {"name": "Ä"})

    def stored(self):
        return {"thing": [one["id"] for one in self.every("/api/things")]}
"""
LOAD_WITHOUT_LOOKING = """
from mash_sdk.load import Person, task

class Maker(Person):
    role = "citizen"

    @task()
    def make(self):
        self.page("/make")
"""

Module = Callable[..., Path]
Refusing = Callable[..., str]
MET = """
[goals]
users = 2
[[goals.steps]]
step = "GET /things/{thing}"
p50_ms = 60000
p95_ms = 60000
p99_ms = 60000
per_second = 0.001
[[goals.steps]]
step = "POST identity: password"
p95_ms = 60000
"""


@pytest.fixture
def refusing(portal: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refusing:
    """What the command says when it refuses to do anything."""
    monkeypatch.chdir(ROOT)

    def run(folder: Path, *more: str) -> str:
        try:
            code = main([str(folder), "--host", portal.url, "--users", "2", "--city", "heidelberg", *more])
        except SystemExit as ended:
            code = ended.code
        assert code == 2
        return capsys.readouterr().err

    return run


def row(table: str, step: str) -> list[str]:
    """Count, failed, p50, p95, p99, rate of a step, and what was asked of it."""
    (found,) = [line for line in table.splitlines() if line.startswith(f"{step}  ")]
    return found.removeprefix(step).split()


def test_met_goals(portal: Any, module: Module, load: Any, tmp_path: Path) -> None:
    portal.stored += ["old1", "old2"]
    done = load(module(MET))
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout
    count, failed, *_times, rate = row(table, "GET /things/{thing}")[:6]
    assert int(count) > 0
    assert failed == "0"
    assert float(rate) > 0
    assert row(table, "GET /things/{thing}")[-1] == "met"
    assert "/heidelberg/things/a%20b" in portal.asked
    assert "a%20b" not in table
    made = int(row(table, "POST /make")[0])
    assert made > 0
    # One login was used before: what it had is not counted as made now.
    assert len(portal.stored) == made + 2
    assert f"thing: {made} acknowledged, {made} stored" in table
    assert int(row(table, "WAIT made → listed")[0]) == made
    assert row(table, "POST identity: password")[:2] == ["1", "0"]
    assert portal.logins == ["anna", "anna"]
    assert "every goal is met." in table
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.index("<body>") < page.index("<h1>probe: 1 Reader, 1 Maker for") < page.index('id="root"')
    assert "every goal is met" in page
    assert "GET /things/{thing}" in page


def test_a_missed_goal_is_named(module: Module, load: Any, tmp_path: Path) -> None:
    goals = MET + '[[goals.steps]]\nstep = "GET /make"\np95_ms = 0.0001\n'
    goals += '[[goals.steps]]\nstep = "GET /never"\np95_ms = 9\n'
    goals += '[[goals.steps]]\nstep = "POST /make"\nper_second = 100000\n'
    done = load(module(goals))
    assert done.returncode == 1, done.stdout + done.stderr
    _, _, verdict = done.stdout.partition("3 goals are MISSED:")
    assert "GET /make: p95 was " in verdict
    assert "the goal is 0.0001 ms" in verdict
    assert "GET /never: never happened" in verdict
    assert "a second, the goal is 100000" in verdict
    assert row(done.stdout, "GET /make")[-1] == "MISSED"
    assert "3 goals are MISSED" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_failures_miss_the_goal_that_nobody_wrote(portal: Any, module: Module, load: Any) -> None:
    portal.breaks = True
    done = load(module())
    assert done.returncode == 1, done.stdout + done.stderr
    assert "failed: GET /things/{thing}: 500, expected 200 (" in done.stdout, done.stdout
    assert "failed, none may" in done.stdout


def test_what_was_acknowledged_and_is_not_there_is_lost(portal: Any, module: Module, load: Any) -> None:
    portal.loses = True
    done = load(module("[goals]\nfailures = 1\n", LOAD_WITHOUT_WAITING))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 goal is MISSED:\n  thing: " in done.stdout
    assert "LOST (t1, " in done.stdout


def test_what_is_there_twice_is_doubled(portal: Any, module: Module, load: Any) -> None:
    portal.doubles = True
    done = load(module(MET))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "DOUBLED (t1, " in done.stdout


def test_a_fault_in_load_py_is_a_failure(module: Module, load: Any) -> None:
    done = load(
        module(
            load="from mash_sdk.load import Visitor, task\n"
            "class Reader(Visitor):\n"
            "    @task()\n"
            "    def read(self):\n"
            "        self.page('/things/{thing}', thing='x').form('nowhere')\n"
            "class Other(Visitor):\n"
            "    @task()\n"
            "    def fall(self):\n"
            "        {}['missing']\n"
        )
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "failed: TASK Reader.read: the page has no form 'nowhere'" in done.stdout, done.stdout
    assert "failed: TASK Other.fall: KeyError: 'missing'" in done.stdout


def test_nobody_is_led_to_another_machine(portal: Any, module: Module, load: Any) -> None:
    portal.leads_astray = 2  # as many as look before the load begins
    done = load(module(load=LOAD_WITHOUT_LOOKING))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "GET identity: login page leads to elsewhere.example, which is not part of this run" in done.stdout


def test_a_portal_that_is_not_there(module: Module, load: Any) -> None:
    done = load(module(), "--host", "http://127.0.0.1:9")
    assert done.returncode == 2, done.stdout + done.stderr
    (said,) = done.stderr.splitlines()
    assert said.startswith(
        "http://127.0.0.1:9/heidelberg does not answer (ConnectError). Is the platform running?"
    )


def test_a_portal_that_is_starting(portal: Any, module: Module, refusing: Refusing) -> None:
    portal.is_starting = True
    assert 'is not ready yet ({"checks": {"login": "not yet"}})' in refusing(module())


def test_who_shares_a_login_takes_turns(portal: Any, module: Module, load: Any) -> None:
    portal.hesitates = 0.4
    done = load(module(load=LOAD_WITHOUT_LOOKING), "--users", "6", "--time", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert row(done.stdout, "POST identity: password")[:2] == ["6", "0"]


def test_something_else_that_answers(portal: Any, module: Module, refusing: Refusing) -> None:
    portal.is_something_else = True
    assert "does a MAsH with this city run at that address?" in refusing(module())
    assert portal.asked == ["/heidelberg/", "/readyz"], "the crowd was sent"


@pytest.mark.parametrize(
    ("name", "says"),
    [("sensor", "Did you mean sensors?"), ("xyz", "There are: forms, lost-and-found, notify")],
)
def test_a_name_that_is_not_there(refusing: Refusing, name: str, says: str) -> None:
    assert says in refusing(Path(name))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--host", "http://portal.example"], "portal.example is not this machine"),
        (["--host", "http://localhost@portal.example"], "is no address"),
        (["--host", "http://127.0.0.1.portal.example"], "not this machine"),
        (["--host", "http://127.0.0.1:1/heidelberg"], "the city goes into --city"),
        (["--host", "ftp://127.0.0.1"], "is no address"),
        (["--city", "nowhere"], "no city nowhere"),
        (["--users", "1"], "one of each is needed (Reader, Maker)"),
        (["--users", "501"], "not between 1 and 500"),
        (["--users", "0"], "not between 1 and 500"),
        (["--time", "3601"], "not between 0 and 3600"),
        (["--time", "nan"], "not between 0 and 3600"),
        (["--users", "many"], "many is no whole number"),
        (["--time", "10s"], "10s is no number of seconds"),
    ],
)
def test_what_is_refused_sends_nothing(
    portal: Any, module: Module, refusing: Refusing, more: list[str], says: str
) -> None:
    assert says in refusing(module(), *more)
    assert portal.asked == []


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        (None, "load.py is not there"),
        ("x = 1\n", "has no users"),
        (LOAD_WITHOUT_LOOKING.replace('role = "citizen"', ""), "Maker has no role"),
        (LOAD_WITHOUT_LOOKING.replace("citizen", "mayor"), "no demo login for mayor"),
    ],
)
def test_a_profile_that_says_nothing(
    module: Module, refusing: Refusing, profile: str | None, says: str
) -> None:
    folder = module(load=profile or "")
    if profile is None:
        (folder / "load.py").unlink()
    assert says in refusing(folder)
