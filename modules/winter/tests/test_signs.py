# SPDX-License-Identifier: EUPL-1.2
"""Signs: switched after a warning, on only if they confirm, unknown otherwise, never switched twice."""

import json
import shutil
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_sdk.testing import Bench
from mash_sdk.testing.patience import until
from mash_sdk.testing.spans import assert_edge
from mash_simulators.started import Started
from mash_winter.gateways.signs.controllers import BrokenControllers, Controllers
from mash_winter.model.signs import Board, BrokenSigns, Condition, Picture, Signs
from mash_winter.service.switching import Switching
from mash_winter.service.upkeep import Upkeep
from mash_winter.store.signs import SignStore

API = "/api/winter/v1/signs"
BRIDGE = "alte-bruecke"
KEY = "k"


@pytest.fixture(scope="module")
def program() -> Iterator[Started]:
    """The signs' controller, a program of its own."""
    with Started("signs", "--listen", "127.0.0.1:0", "--key", KEY) as started:
        yield started


@pytest.fixture
def controller(program: Started) -> Started:
    """It has heard nothing yet, and nothing is broken."""
    httpx.delete(f"{program.origin}/_sim/signs", trust_env=False).raise_for_status()
    return program


@pytest.fixture
async def night(night_in: Callable[..., Awaitable[Any]], controller: Started) -> Any:
    known = {"*": {"demo": {"address": controller.origin, "key": KEY}}}
    night = await night_in(sign_controllers=json.dumps(known), sign_seconds=1.0)
    assert await night.known()
    return night


async def switch(bench: Bench) -> int:
    """What the module does by itself when a unit has ordered something, and every second."""
    switching = bench.program.provides[Switching]
    assert isinstance(switching, Switching)
    with bench.program.telemetry.active():
        return await switching.once()


async def sign(bench: Bench, name: str = BRIDGE) -> dict[str, Any]:
    answer = await bench.client(roles=("dispatcher",)).get(API)
    assert answer.status_code == 200
    found: dict[str, Any] = next(one for one in answer.json()["items"] if one["id"] == name)
    return found


async def condition(bench: Bench) -> str:
    return str((await sign(bench))["condition"])


async def pause(bench: Bench) -> float:
    """Seconds until the sign's next turn."""
    async with bench.unit() as unit:
        board = (await SignStore().all(unit))[BRIDGE]
    assert board.due_at is not None
    return (board.due_at - bench.clock.now()).total_seconds()


def played(controller: Started, name: str = BRIDGE) -> dict[str, Any]:
    """What the simulator shows; never spoken to: nothing."""
    every = httpx.get(f"{controller.origin}/_sim/signs", trust_env=False).json()
    return next((one for one in every if one["sign"] == name), {"picture": None, "switched": 0})


def told(controller: Started, path: str, **body: Any) -> None:
    httpx.post(f"{controller.origin}/_sim/{path}", json=body, trust_env=False).raise_for_status()


async def test_a_warning_switches_the_sign_and_its_end_switches_it_off(
    bench: Bench, night: Any, controller: Started
) -> None:
    await night.frost(3)
    assert await condition(bench) == "switching", "ordered is not confirmed"
    await switch(bench)
    assert played(controller)["picture"] == "ice"
    found = await sign(bench)
    assert (found["condition"], found["wanted"], found["since"]) == ("on", "ice", found["confirmed_at"])
    page = await bench.client(roles=("dispatcher",)).get("/winter/signs")
    assert "zeigt Glätte" in page.text
    assert "Demodaten" in page.text
    bench.clock.forward(seconds=300)
    await night.report(surface=8.0, air=9.0, humidity=50.0, precipitation=0.0)
    await switch(bench)
    assert played(controller)["picture"] == "blank"
    assert await condition(bench) == "off"


async def test_it_goes_on_in_the_trace_and_the_journey_of_the_warning(
    bench: Bench, night: Any, controller: Started
) -> None:
    await night.frost(2)
    bench.spans.clear()
    await night.frost(1)
    await switch(bench)
    warning = (await sign(bench))["warning_id"]

    def of_warning(name: str) -> list[Any]:
        spans: list[Any] = bench.spans.named(name)
        return [one for one in spans if one.attributes["mash.journey.id"] == warning]

    (switched,) = of_warning("signs.switch")
    assert switched.attributes["mash.winter.sign"] == BRIDGE
    assert_edge([switched, *of_warning("warnings.decide")], "warnings.decide", "signs.switch")


async def test_the_same_is_never_switched_twice(bench: Bench, night: Any, controller: Started) -> None:
    await night.frost(8)
    for _ in range(3):
        await switch(bench)
        bench.clock.forward(seconds=61)
    assert played(controller)["switched"] == 1
    assert await condition(bench) == "on"


async def test_an_answer_that_is_lost_switches_nothing_twice(
    bench: Bench, night: Any, controller: Started
) -> None:
    await night.frost(3)
    told(controller, "faults", kind="hang_up", on="show")
    await switch(bench)
    assert await condition(bench) == "switching"
    bench.clock.forward(seconds=11)
    assert await condition(bench) == "unknown", "it may show ice: nobody has heard it say so"
    await switch(bench)
    assert played(controller)["switched"] == 1
    assert await condition(bench) == "on"


async def test_a_sign_that_is_off_the_network_is_unknown_and_tried_again(
    bench: Bench, night: Any, controller: Started
) -> None:
    told(controller, f"signs/{BRIDGE}", offline=True)
    await night.frost(3)
    due = []
    for tries in range(1, 5):
        assert await switch(bench) == 1
        assert (await sign(bench))["tries"] == tries
        due.append(await pause(bench))
        bench.clock.forward(seconds=due[-1])
    assert due == [2, 4, 8, 16], "the pauses grow"
    found = await sign(bench)
    assert found["condition"] == "unknown"
    assert "Keine Antwort" in found["fault"]
    page = (await bench.client(roles=("driver",)).get("/winter/signs")).text
    assert "nicht bekannt" in page
    told(controller, f"signs/{BRIDGE}", offline=False)
    bench.clock.forward(seconds=60)
    await switch(bench)
    assert await condition(bench) == "on"


async def test_one_that_says_yes_and_shows_another_is_not_believed(
    bench: Bench, night: Any, controller: Started
) -> None:
    told(controller, "faults", kind="stuck", on="show")
    await night.frost(3)
    await switch(bench)
    bench.clock.forward(seconds=11)
    assert await condition(bench) == "unknown"
    await switch(bench)
    assert "etwas anderes" in (await sign(bench))["fault"]
    bench.clock.forward(seconds=3)
    await switch(bench)
    assert (await condition(bench), played(controller)["picture"]) == ("on", "ice"), "it was ordered anew"


async def test_one_that_goes_dark_by_itself_is_noticed_and_ordered_anew(
    bench: Bench, night: Any, controller: Started
) -> None:
    await night.frost(3)
    await switch(bench)
    told(controller, f"signs/{BRIDGE}", picture="blank")
    bench.clock.forward(seconds=61)
    await switch(bench)
    assert await condition(bench) == "unknown"
    bench.clock.forward(seconds=3)
    await switch(bench)
    assert (await condition(bench), played(controller)["picture"]) == ("on", "ice")


async def test_one_that_falls_silent_is_not_shown_as_on_for_long(
    bench: Bench, night: Any, controller: Started
) -> None:
    await night.frost(3)
    await switch(bench)
    told(controller, f"signs/{BRIDGE}", offline=True)
    for _ in range(4):
        bench.clock.forward(seconds=61)
        await switch(bench)
    assert await condition(bench) == "unknown"


async def test_while_sensors_are_silent_it_stays_as_it_is(
    bench: Bench, night: Any, controller: Started
) -> None:
    await night.frost(3)
    await switch(bench)
    bench.clock.forward(seconds=1200)
    upkeep = bench.program.provides[Upkeep]
    assert isinstance(upkeep, Upkeep)
    with bench.program.telemetry.active():
        await upkeep.look()
    await switch(bench)
    assert (await sign(bench))["wanted"] == "ice", "silence is no all-clear"
    assert played(controller)["switched"] == 1


async def test_a_process_that_is_killed_between_order_and_confirmation_loses_nothing(
    bench: Bench, night: Any, controller: Started
) -> None:
    """What it had claimed is due again after the lease, with the same order."""
    await night.frost(3)
    switching: Any = bench.program.provides[Switching]
    claimed = await switching._claim(100)
    bridge = next(one for one in claimed if one.board.sign_id == BRIDGE)
    order = {"picture": "ice", "sequence": bridge.board.sequence}
    headers = {"authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as http:
        await http.put(f"{controller.origin}/signs/{BRIDGE}", json=order)
    assert await switch(bench) == 0, "nobody else takes it meanwhile"
    bench.clock.forward(seconds=21)
    await switch(bench)
    assert (await condition(bench), played(controller)["switched"]) == ("on", 1)


async def test_after_a_restore_orders_go_on_where_the_controller_is(
    bench: Bench, night: Any, controller: Started
) -> None:
    told(controller, f"signs/{BRIDGE}", sequence=77)
    await night.frost(3)
    await switch(bench)
    bench.clock.forward(seconds=3)
    await switch(bench)
    assert (await condition(bench), played(controller)["sequence"]) == ("on", 78)


async def test_a_city_sees_its_own_signs_and_citizens_none(bench: Bench, night: Any) -> None:
    await night.frost(3)
    mannheim = bench.client("mannheim", roles=("dispatcher",))
    assert (await mannheim.get(API)).json() == {"items": []}
    assert (await bench.client().get(API)).status_code == 403
    assert (await bench.visitor().get(API)).status_code == 401


async def test_a_sign_that_is_taken_from_the_file_is_spoken_to_no_more(
    night_in: Callable[..., Awaitable[Any]], tmp_path: Path, pytestconfig: pytest.Config, controller: Started
) -> None:
    cities = tmp_path / "cities"
    shutil.copytree(pytestconfig.rootpath / "cities", cities)
    known = {"heidelberg": {"demo": {"address": controller.origin, "key": KEY}}}
    night = await night_in(cities=cities, sign_controllers=json.dumps(known))
    assert await night.known()
    upkeep = night.bench.program.provides[Upkeep]
    await upkeep.look()
    assert await switch(night.bench) == 3, "each is brought into a state that is known"
    file = cities / "heidelberg/modules/winter/signs.toml"
    file.write_text('version = "2"\ndemo = true\n', encoding="utf-8")

    async def listed() -> list[Any]:
        await upkeep.look()
        return list((await night.bench.client(roles=("dispatcher",)).get(API)).json()["items"])

    assert await until(lambda: _empty(listed), "it is not listed any more")
    await upkeep.look()
    night.bench.clock.forward(seconds=600)
    assert await switch(night.bench) == 0


async def _empty(listed: Callable[[], Awaitable[list[Any]]]) -> bool:
    return await listed() == []


SIGN = {"id": "a", "name": "A", "segments": ["x"], "driver": "mash-http", "controller": "demo"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"driver": "ntcip"}, "known are mash-http"),
        ({"segments": []}, "one at least"),
        ({"from": "frost"}, "warning or possible"),
        ({"id": "a/b"}, "letters, digits and hyphens"),
        ({"name": ""}, "name is missing"),
        ({"port": "x"}, "port is not known"),
    ],
)
def test_files_that_cannot_be_used_say_why(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BrokenSigns, match=said):
        Signs.read({"version": "1", "signs": [SIGN | change]}, {"mash-http"})
    with pytest.raises(BrokenSigns, match="twice"):
        Signs.read({"version": "1", "signs": [SIGN, SIGN]}, {"mash-http"})


def test_a_broken_setting_is_said_without_the_key() -> None:
    with pytest.raises(BrokenControllers) as told:
        Controllers.read('{"*": {"demo": {"address": "nowhere", "key": "secret"}}}')
    assert "address" in str(told.value)
    assert "secret" not in str(told.value)


@given(
    st.lists(st.sampled_from(["ice", "blank", "confirm", "fail", "contradict", "take", "wait"]), max_size=40)
)
def test_on_is_only_ever_what_was_confirmed(steps: list[str]) -> None:
    """Whatever happens in whatever order: a sign is on only if it said so after the newest order, lately."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    board, said, sequences = Board("a"), None, [0]
    for one in steps:
        now += timedelta(seconds=7)
        match one:
            case "ice" | "blank":
                if board.want(Picture(one), now, None):
                    said = None
            case "confirm" if board.wanted_at is not None:
                board.confirm(now)
                said = now
            case "take" if board.wanted_at is not None:
                board.take(now)
            case "fail" if board.wanted_at is not None:
                board.fail(now, "x")
            case "contradict" if board.wanted_at is not None:
                if board.contradict(now, "x"):
                    said = None
            case "wait":
                now += timedelta(seconds=100)
        sequences.append(board.sequence)
        on = board.condition(now) is Condition.ON
        assert on == (
            said is not None and now - said < timedelta(seconds=150) and board.wanted is Picture.ICE
        )
    assert sequences == sorted(sequences), "an order never goes back"
