# SPDX-License-Identifier: EUPL-1.2
"""What people see of a city's sensors: each figure with its times, none that is old as if it were new."""

import math
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_sdk.testing import Bench
from mash_sensors.model.picture import APART, HEIGHTS, WIDTH, picture
from mash_sensors.model.thing import location_of

Registers = Callable[..., Awaitable[Any]]


async def seen(bench: Bench, path: str = "/pages/sensors") -> str:
    answer = await bench.visitor().get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).replace("\u00a0", " ").split())


async def placed(bench: Bench, name: str, location: object, **more: Any) -> str:
    """A Thing that says where it is."""
    editor = bench.client(roles=["editor"], subject="e")
    body = {"name": name, "description": "x", "properties": {"location": location} | more}
    answer = await editor.post("/api/sensors/sta/v1.1/Things", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["@iot.id"])


def point(longitude: float, latitude: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


async def test_nothing_measured_is_said(bench: Bench) -> None:
    assert "Zurzeit gibt es hier keine Messwerte." in await seen(bench)


async def test_every_figure_carries_its_times(bench: Bench, register: Registers) -> None:
    sender = await register()
    await sender.send({"surface": 1.5, "wet": True})
    await bench.settle()
    board = await seen(bench)
    assert "1,5 °C gemessen 02.03.2026, 10:00 Uhr , gilt bis 02.03.2026, 10:30 Uhr" in board
    assert "Nässe ja gemessen" in board
    assert "Warnung abonnieren: Frost auf der Fahrbahn" in board
    assert "1,5 °C gemessen" in await seen(bench, f"/pages/sensors/{sender.about['thing_id']}")


async def test_an_old_figure_is_never_shown_as_what_is_now(bench: Bench, register: Registers) -> None:
    sender = await register()
    await sender.send({"surface": 1.5})
    await bench.settle()
    bench.clock.forward(minutes=30)
    for path in ("/pages/sensors", f"/pages/sensors/{sender.about['thing_id']}"):
        page = await seen(bench, path)
        assert "Kein aktueller Wert. Zuletzt 1,5 °C, gemessen 02.03.2026, 10:00 Uhr , galt bis" in page
        assert ", gilt bis" not in page
        assert "<strong>" not in (await bench.visitor().get(path)).text


async def test_an_open_alert_stands_at_its_place(bench: Bench, register: Registers) -> None:
    sender = await register()
    await sender.send({"surface": -0.5})
    await bench.settle()
    assert "Es kann glatt sein" in await seen(bench)
    bench.clock.forward(minutes=1)
    await sender.send({"surface": 2.0})
    await bench.settle()
    assert "Es kann glatt sein" not in await seen(bench)


async def test_an_alert_whose_device_fell_silent_is_not_shown_as_what_is_now(
    bench: Bench, register: Registers
) -> None:
    thing = await placed(bench, "Ost", point(8.71, 49.41))
    await placed(bench, "West", point(8.67, 49.41))
    silent = await register(thing=None, thing_id=thing)
    other = await register(
        device_id="frost-2", dev_eui=None, thing=None, thing_id=await placed(bench, "Nord", point(8.7, 49.5))
    )
    for sender in (silent, other):
        await sender.send({"surface": -0.5})
    await bench.settle()
    bench.clock.forward(minutes=29)
    await other.send({"surface": -0.5})
    await bench.settle()
    bench.clock.forward(minutes=1)
    page = await seen(bench, f"/pages/sensors/{thing}")
    assert "Nicht mehr aktuell: Frost auf der Fahrbahn" in page
    assert "Der letzte galt bis 02.03.2026, 10:30 Uhr" in page
    assert "Es kann glatt sein" not in page
    html = (await bench.visitor().get("/pages/sensors")).text
    assert re.findall(r'aria-label="\d: ([^"]+)"', html) == ["Nord, Warnung", "Ost"]
    assert (await seen(bench)).count("Es kann glatt sein") == 1


async def test_a_place_before_its_first_reading(bench: Bench, register: Registers) -> None:
    sender = await register()
    page = await seen(bench, f"/pages/sensors/{sender.about['thing_id']}")
    assert "Hier wurde noch nichts gemessen." in page
    assert (await bench.visitor().get(f"/pages/sensors/{sender.id}")).status_code == 404
    assert (await bench.visitor().get("/pages/sensors/x")).status_code == 422
    assert (
        await bench.visitor("mannheim").get(f"/pages/sensors/{sender.about['thing_id']}")
    ).status_code == 404


async def test_places_are_shown_where_they_are(bench: Bench, register: Registers) -> None:
    for number, (name, spot) in enumerate({"Ost": point(8.71, 49.41), "West": point(8.67, 49.41)}.items()):
        thing = await placed(bench, name, spot, demo=True)
        device = await register(device_id=f"d-{number}", dev_eui=None, thing=None, thing_id=thing)
        await device.send({"surface": -1.0 if name == "Ost" else 1.0})
    await bench.settle()
    html = (await bench.visitor().get("/pages/sensors")).text
    assert html.count("<circle") == 1
    assert 'aria-label="1: Ost, Warnung"' in html
    assert 'aria-label="2: West"' in html
    assert html.count("Demodaten") == 2
    assert "<script" not in html
    assert "style=" not in html
    newest = (await bench.visitor().get("/api/sensors/v1/newest")).json()["items"]
    assert {(one["place"], tuple(one["location"]), one["demo"]) for one in newest} == {
        ("Ost", (8.71, 49.41), True),
        ("West", (8.67, 49.41), True),
    }


@pytest.mark.parametrize(
    "location",
    [
        "Heidelberg",
        [8.7, 49.4],
        {"type": "Point"},
        point(200, 49),
        {"type": "Point", "coordinates": ["8", 49]},
    ],
)
def test_a_location_that_is_none_is_none(location: object) -> None:
    assert location_of({"location": location}) is None


# ── the picture ──

PLACES = st.lists(st.tuples(st.floats(-180, 180), st.floats(-89, 89)), min_size=2, max_size=30)


@given(PLACES)
def test_every_place_is_on_the_sheet_once(places: list[tuple[float, float]]) -> None:
    sheet = picture(places)
    assert sheet is not None
    assert sorted(number for mark in sheet.marks for number in mark.numbers) == list(range(len(places)))
    assert HEIGHTS[0] <= sheet.height <= HEIGHTS[1]
    for mark in sheet.marks:
        assert 0 <= mark.x <= WIDTH
        assert 0 <= mark.y <= sheet.height
    for one in sheet.marks:
        for other in sheet.marks:
            assert one is other or math.dist((one.x, one.y), (other.x, other.y)) >= APART
    assert 0 < sheet.scale_width < WIDTH / 2


def test_north_is_up_and_east_is_right() -> None:
    sheet = picture([(8.67, 49.40), (8.71, 49.42)])
    assert sheet is not None
    west, east = sheet.marks
    assert west.x < east.x
    assert west.y > east.y
    assert sheet.scale == 500
    assert picture([(8.67, 49.40)]) is None
