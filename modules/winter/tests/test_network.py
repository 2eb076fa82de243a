# SPDX-License-Identifier: EUPL-1.2
"""The street network: read from the city's file, answered as GeoJSON, drawn and listed."""

import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mash_sdk.testing import Bench
from mash_winter.gateways.city_files import NETWORK
from mash_winter.gateways.city_files import networks as networks_in
from mash_winter.model.network import BrokenNetwork, Kind, Network, metres

SEGMENT: dict[str, Any] = {
    "type": "Feature",
    "id": "a",
    "geometry": {"type": "LineString", "coordinates": [[8.69, 49.41], [8.70, 49.41]]},
    "properties": {"name": "A", "kind": "road", "from": "x", "to": "y", "priority": 1, "oneway": False},
}


def network(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "version": "1", "demo": True, "features": list(features)}


def test_a_segment_says_how_long_it_is() -> None:
    (segment,) = Network.read(network(SEGMENT)).segments
    assert segment.kind is Kind.ROAD
    # A hundredth of a degree of longitude at 49.41° north: 1112 m · cos 49.41°.
    assert segment.length == pytest.approx(723.5, abs=1)
    assert metres((8.0, 49.0), (8.0, 50.0)) == pytest.approx(111_195, abs=10)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"geometry": {"type": "Point", "coordinates": [8.69, 49.41]}}, "'a'"),
        ({"geometry": {"type": "LineString", "coordinates": [[8.69, 49.41]]}}, "two points"),
        ({"geometry": {"type": "LineString", "coordinates": [[49.41, 98.0], [8.7, 49.4]]}}, "longitude"),
        ({"properties": {**SEGMENT["properties"], "kind": "river"}}, "river"),
        ({"properties": {**SEGMENT["properties"], "priority": 7}}, "priority 7"),
        ({"properties": {**SEGMENT["properties"], "name": " "}}, "no text"),
        ({"properties": None}, "'a'"),
    ],
)
def test_what_is_wrong_with_a_network_is_said(change: dict[str, Any], word: str) -> None:
    with pytest.raises(BrokenNetwork, match=word):
        Network.read(network({**SEGMENT, **change}))


def test_no_two_segments_have_one_id() -> None:
    with pytest.raises(BrokenNetwork, match="twice"):
        Network.read(network(SEGMENT, SEGMENT))


async def test_a_broken_file_leaves_the_version_before(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "heidelberg" / NETWORK
    file.parent.mkdir(parents=True)
    networks = networks_in(tmp_path, look_again=0)
    with bench.program.telemetry.active():
        assert (await networks.of("heidelberg")).segments == ()
        file.write_text(json.dumps(network(SEGMENT)), encoding="utf-8")
        assert len((await networks.of("heidelberg")).segments) == 1
        file.write_text("{", encoding="utf-8")
        assert len((await networks.of("heidelberg")).segments) == 1


async def test_the_network_is_answered_as_geojson(bench: Bench) -> None:
    found = (await bench.visitor().get("/api/winter/v1/segments")).json()
    assert found["type"] == "FeatureCollection"
    assert found["demo"] is True
    (bridge,) = [one for one in found["features"] if one["id"] == "alte-bruecke"]
    assert bridge["properties"]["kind"] == "bridge"
    assert bridge["geometry"]["type"] == "LineString"


async def test_the_page_draws_and_lists_every_segment(bench: Bench) -> None:
    found = (await bench.visitor().get("/api/winter/v1/segments")).json()["features"]
    page = (await bench.visitor().get("/winter")).text
    assert page.count("<polyline") == len(found)
    for one in found:
        assert one["properties"]["name"] in page
    assert "Demodaten" in page


async def test_a_city_without_a_network_is_told_so(
    night_in: Callable[..., Awaitable[Any]], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    shutil.copytree(
        pytestconfig.rootpath / "cities", tmp_path / "cities", ignore=shutil.ignore_patterns("modules")
    )
    bench: Bench = (await night_in(cities=tmp_path / "cities")).bench
    assert "noch keine Straßen" in (await bench.visitor().get("/winter")).text
    assert (await bench.visitor().get("/api/winter/v1/segments")).json()["features"] == []
