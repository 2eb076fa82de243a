# SPDX-License-Identifier: EUPL-1.2
"""`./mash bench`: that it runs and says all it measured. How long things took is nobody's verdict here."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from mash_tools.bench import desk, doors, forms
from mash_tools.bench.commands import BENCHMARKS, main
from mash_tools.bench.doors import Door
from mash_tools.bench.machine import Machine
from mash_tools.bench.measured import Result, Row, quantile
from mash_tools.bench.pace import at_rate
from mash_tools.ports import free_port
from mash_tools.problems import LauncherError

ROOT = Path(__file__).parents[2]
MACHINE = Machine(2, 25.3, "a processor", "Linux", 0.5)


@pytest.mark.kafka
def test_the_events_bench_prints_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    asked = ["events", "--seconds", "2", "--rate", "20", "--json", str(figures)]
    assert main([*asked, "--cities", str(ROOT / "cities")]) == 0
    table = capsys.readouterr().out
    (result,) = json.loads(figures.read_text())
    rows = {row["what"]: row for row in result["rows"]}
    for what in (
        "bare broker: sent → received",
        "bare PostgreSQL: begin, insert, commit",
        "the change: unit opened → committed",
        "committed → handled in payments",
        "  committed → readable on its topic (outbox, relay)",
        "  readable → handled (consumer, handler)",
        "begun later than planned",
        *(f"processor for a change: {name}" for name in ("PostgreSQL", "Kafka", "forms", "payments")),
    ):
        assert rows[what]["n"] == 40, what
        assert what in table
    handled = rows["committed → handled in payments"]
    assert 0 < handled["p50"] <= handled["p99"]
    assert handled["goal"] == [30.0, 150.0]
    assert result["complete"]
    assert result["reached"].keys() == {"committed → handled in payments"}
    assert {"PostgreSQL", "Kafka", "Python", "aiokafka", "asyncpg"} <= result["versions"].keys()
    assert all(f"{name} {version}" in table for name, version in result["versions"].items())


def test_the_forms_bench_measures_the_form_it_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = forms.large_form()
    asked = [field for step in form["steps"] for field in step["fields"]]
    conditions = [field for field in asked if "when" in field]
    assert (len(form["steps"]), len(asked)) == (10, 95)
    assert len(conditions) + len(form["computed"]) + len(form["rules"]) == 100

    figures = tmp_path / "figures.json"
    assert main(["forms", "--json", str(figures)]) == 0
    (result,) = json.loads(figures.read_text())
    rows = {row["what"]: row for row in result["rows"]}
    assert rows["a step: read, filled in, judged"]["n"] == 30 * 10 - 1
    assert rows["the file: read, checked, loaded"]["n"] == 5
    assert result["reached"].keys() == {"a step: read, filled in, judged", "the file: read, checked, loaded"}
    assert all(row["p50"] > 0 for row in rows.values())
    assert "95" in capsys.readouterr().out


async def test_the_desk_bench_asks_for_every_list_and_search() -> None:
    result = await desk.run(Path("cities"), lambda _: None, cases=300, rounds=2)
    assert result.rows[0].yardstick
    assert len(result.reached) == len(result.rows) - 1 > 8
    assert all(row.n == 2 and row.p50 > 0 for row in result.rows)


@pytest.mark.kafka
def test_the_readings_bench_prints_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    asked = ["readings", "--seconds", "2", "--rate", "30", "--json", str(figures)]
    assert main([*asked, "--cities", str(ROOT / "cities")]) == 0
    table = capsys.readouterr().out
    (result,) = json.loads(figures.read_text())
    rows = {row["what"]: row for row in result["rows"]}
    for what in (
        "bare broker: sent → received",
        "bare PostgreSQL: begin, insert, commit",
        "posted → accepted (202)",
        "accepted → readable",
        "posted → readable",
        "begun later than planned",
        *(f"processor for an uplink: {name}" for name in ("PostgreSQL", "Kafka", "sensors")),
    ):
        assert rows[what]["n"] == 60, what
        assert what in table
    readable = rows["posted → readable"]
    assert 0 < readable["p50"] <= readable["p99"]
    assert rows["accepted → readable"]["goal"] == [250.0, 250.0]
    assert result["complete"]
    assert {"PostgreSQL", "Kafka", "Python", "aiokafka", "asyncpg"} <= result["versions"].keys()


def test_what_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["speed"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert all(f"'{name}'" in told for name in BENCHMARKS)


def test_a_quantile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(1, 201)]
    assert quantile(values, 0.5) == 100
    assert quantile(values, 0.99) == 198
    assert quantile([7.0], 0.99) == 7


def test_a_missed_goal_is_said() -> None:
    slow = Row.of_times("slow", [0.010] * 98 + [0.4, 0.5], goal=(30, 150))
    fast = Row.of_times("fast", [0.010] * 100, goal=(30, 150))
    result = Result("some", {"seconds": 1}, [fast, slow], {}, MACHINE)
    assert result.reached == {"slow": False, "fast": True}
    assert result.as_table().count("MISSED") == 1
    few = Row("few", "1/s", 100, 99.0, least=100)
    many = Row("many", "1/s", 100, 100.0, least=100)
    rates = Result("rates", {}, [few, many], {}, MACHINE)
    assert rates.reached == {"few": False, "many": True}
    assert rates.as_table().count("at least 100 MISSED") == 1


def test_ratios_are_to_the_first_yardstick_in_the_same_unit() -> None:
    rows = [
        Row("bare", "ms", 1, 2.0, 4.0, yardstick=True),
        Row("ours", "ms", 1, 5.0, 6.0),
        Row("memory", "MB", 1, 5.0),
    ]
    table = Result("some", {}, rows, {}, MACHINE).as_table().splitlines()
    assert [line.split()[-4:] for line in table if line.startswith("ours")] == [["2.5", "×", "1.5", "×"]]
    assert not any("×" in line for line in table if line.startswith("memory"))


async def test_the_pace_does_not_wait_for_what_is_slow() -> None:
    begun = 0
    most = 0
    running = 0

    async def slow() -> None:
        nonlocal begun, most, running
        begun += 1
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.2)
        running -= 1

    late = await at_rate(100, 0.2, slow)
    assert begun == len(late) == 20
    assert most > 1, "each waited for the one before"


@pytest.mark.parametrize("name", ["gateway", "edge"])
def test_the_gateway_benches_say_what_each_request_cost(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "ROUNDS", 1)
    monkeypatch.setattr(doors, "SECONDS", 0.5)
    monkeypatch.setattr(doors, "WARM_UP", 0.2)
    figures = tmp_path / "figures.json"
    asked = [name, "--tokens", "100", "--json", str(figures)]
    assert main([*asked, "--cities", str(ROOT / "cities")]) == 0
    (result,) = json.loads(figures.read_text())
    rows = {row["what"]: row for row in result["rows"]}
    table = capsys.readouterr().out
    for peer in ("module", "gateway"):
        for what in ("processor for a request", "time to answer", "requests a second"):
            assert rows[f"{what}: {peer}"]["p50"] > 0
            assert f"{what}: {peer}" in table
    others = ["Envoy", "nginx", *(["Go ReverseProxy"] if name == "gateway" else [])]
    for peer in others:
        if f"requests a second: {peer}" in rows:
            assert f"{peer} {result['versions'][peer]}" in table
        else:
            assert f"Left out: {peer}" in table
    by_go = [row["least"] for row in rows.values() if row["least"] is not None]
    assert by_go == [
        3 * rows[f"requests a second: {peer}"]["p50"] for peer in others[2:] if peer in str(rows)
    ]


async def test_doors_that_say_different_things_are_not_compared(tmp_path: Path) -> None:
    asked = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "body").write_text(name)
        port = free_port()
        served = [sys.executable, "-m", "http.server", str(port), "-b", "127.0.0.1", "-d", tmp_path / name]
        asked.append(Door.of(tmp_path, name, port, "/body", *map(str, served)))
    behind = doors.module(tmp_path, "behind", free_port(), "/")
    cores = os.sched_getaffinity(0)
    with pytest.raises(LauncherError, match="other does not answer what one does"):
        await doors.measure(behind, asked, doors.NO_TOKENS, 1, lambda _: None)
    assert not any(door.child.running for door in (behind, *asked))
    assert os.sched_getaffinity(0) == cores


def test_help_says_what_each_benchmark_measures(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    for name, benchmark in BENCHMARKS.items():
        assert re.search(rf"^  {name} +{re.escape(benchmark.about)}$", told, re.MULTILINE)


def test_the_routing_bench_solves_a_file_and_says_what_is_best_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    square = [(1, 2), (2, 3), (3, 4), (4, 1)]
    edges = "\n".join(f" ( {one}, {other})  coste 5  demanda 5" for one, other in square)
    (tmp_path / "square.dat").write_text(
        " NOMBRE : square\n VERTICES : 4\n ARISTAS_REQ : 4\n ARISTAS_NOREQ : 0\n"
        " VEHICULOS : 1\n CAPACIDAD : 20\n"
        f" LISTA_ARISTAS_REQ :\n{edges}\n DEPOSITO : 1\n"
    )
    best = tmp_path / "best.csv"
    best.write_text("square,20,counted by hand\n")
    asked = ["routing", "--seconds", "0.2", "--instances", str(tmp_path), "--best", str(best)]
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert "square: best known 20 (counted by hand), ours 20, feasible by the checker" in shown
    best.write_text("square;20\n")
    assert main(asked) == 2
    assert "name,value,source" in capsys.readouterr().err


def test_the_bench_of_waste_tours_solves_a_file_and_says_what_is_best_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "square.vrp").write_text(
        "NAME : square\nTYPE : CVRP\nDIMENSION : 4\nEDGE_WEIGHT_TYPE : EUC_2D\nCAPACITY : 3\n"
        "NODE_COORD_SECTION\n1 0 0\n2 0 5\n3 5 5\n4 5 0\n"
        "DEMAND_SECTION\n1 0\n2 1\n3 1\n4 1\nDEPOT_SECTION\n1\n-1\nEOF\n"
    )
    (tmp_path / "square.sol").write_text("Route #1: 1 2 3\nCost 20\n")
    asked = ["waste-tours", "--seconds", "0.2", "--instances", str(tmp_path)]
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert "square: best known 20 (square.sol), ours 20, feasible by the checker" in shown
    (tmp_path / "square.sol").write_text("Cost 10\n")
    # Twice the best known: the goal is missed, and that is said.
    main(asked)
    assert "best known 10" in capsys.readouterr().out
    (tmp_path / "square.vrp").write_text("TYPE : TSP\n")
    assert main(asked) == 2
    assert "TSP" in capsys.readouterr().err


def test_the_bench_of_waste_tours_without_instances_says_how_to_get_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["waste-tours", "--seconds", "2"])
    shown = capsys.readouterr().out
    assert "--instances FOLDER" in shown
    assert "feasible by the checker" in shown


def test_the_routing_bench_without_instances_says_how_to_get_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["routing", "--seconds", "0.5"]) == 0
    shown = capsys.readouterr().out
    assert "--instances FOLDER" in shown
    assert "made-up city: above the lower bound" in shown
