# SPDX-License-Identifier: EUPL-1.2
"""What is seen of a warning: why, from which readings, and that it comes out the same again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from mash.winter.v1.events_pb2 import IceWarningOpened
from mash_sdk.testing import Bench

API = "/api/winter/v1"


@pytest.fixture
async def warning(bench: Bench, night: Any) -> str:
    """The id of a warning of frost on a bridge, with two decisions."""
    await night.frost()
    (opened,) = [one for one in bench.announced(IceWarningOpened) if one.segment_id == "alte-bruecke"]
    return opened.warning_id


async def test_a_warning_carries_its_inputs_rules_and_reason(bench: Bench, warning: str) -> None:
    found = (await bench.visitor().get(f"{API}/warnings/{warning}")).json()
    assert (found["level"], found["hazard"], found["demo"]) == ("warning", "frost", True)
    first, last = found["decisions"]
    assert (first["level"], last["level"]) == ("possible", "warning")
    assert "Gefahr: Reif." in last["reasons"]
    evidence = last["record"]["evidence"]
    assert [one["value"] for one in evidence["surface"]] == [-2.0, -2.0, -2.0]
    assert all(one["observation_id"] and one["observed_at"] for one in evidence["surface"])
    assert last["record"]["rules"]["version"] == last["rule_version"] == "1"


async def test_it_comes_out_the_same_again(bench: Bench, warning: str) -> None:
    report = (await bench.visitor().get(f"{API}/warnings/{warning}/replay")).json()
    assert report["identical"]
    assert len(report["decisions"]) == 2
    for one in report["decisions"]:
        assert (one["differs"], one["missing"], one["altered"]) == ([], [], [])


async def test_what_was_tampered_with_is_told(bench: Bench, warning: str) -> None:
    kept = (await bench.visitor().get(f"{API}/warnings/{warning}")).json()["decisions"][0]
    record = kept["record"]
    record["decision"]["level"] = "none"
    written = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    async with bench.program.database.worker_unit() as unit:
        await unit.connection.execute(
            text("update decisions set record = :r where id = :i"), {"r": written, "i": kept["id"]}
        )
        await unit.connection.execute(text("update readings set value = 5 where quantity = 'air'"))
    report = (await bench.visitor().get(f"{API}/warnings/{warning}/replay")).json()
    assert not report["identical"]
    assert report["decisions"][0]["differs"] == ["/decision/level"]
    assert len(report["decisions"][0]["altered"]) == 1
    page = (await bench.visitor().get(f"/winter/warnings/{warning}")).text
    assert "kommt etwas anderes heraus: /decision/level" in page


async def test_the_edge_knows_the_open_warnings(bench: Bench, warning: str) -> None:
    await bench.publish("heidelberg")
    document = bench.public()["heidelberg/api/winter/v1/warnings"]
    told = json.loads(document.body)["items"]
    assert warning in [one["id"] for one in told]
    ends = document.valid_until.ToDatetime(bench.clock.now().tzinfo) - bench.clock.now()
    assert timedelta(0) < ends <= timedelta(minutes=10), "stale figures are never shown as live"


async def test_the_page_says_it_in_words(bench: Bench, warning: str) -> None:
    page = (await bench.visitor().get("/winter")).text
    assert f"/heidelberg/winter/warnings/{warning}" in page
    assert "Gefahr: Reif. Fahrbahn −2,0 °C." in page
    assert "1 × Gefahr" in page
    assert 'stroke-width="9"><title>Alte Brücke: Gefahr' in page
    one = (await bench.visitor().get(f"/winter/warnings/{warning}")).text
    assert "Reif: Alte Brücke" in one
    assert "folgt wieder genau diese Entscheidung" in one
    assert "−2\u00a0°C" in one
    assert "Demodaten" in one
    listed = (await bench.visitor().get("/winter/warnings")).text
    assert f"/heidelberg/winter/warnings/{warning}" in listed


async def test_pages_of_what_is_not_there(bench: Bench) -> None:
    assert "Hier wurde noch nicht gewarnt." in (await bench.visitor().get("/winter/warnings")).text
    assert (
        await bench.visitor().get("/winter/warnings/019aa000-0000-7000-8000-000000000000")
    ).status_code == 404
    assert (await bench.visitor().get("/winter/warnings/x")).status_code == 422
