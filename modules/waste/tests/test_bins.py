# SPDX-License-Identifier: EUPL-1.2
"""The city's bins: read from its file; a broken one takes nothing away."""

from pathlib import Path
from typing import Any

import pytest

from mash_waste.gateways.city_files import BINS, bins
from mash_waste.model.bins import Bins, BrokenBins

ONE: dict[str, Any] = {
    "type": "Feature",
    "id": "a",
    "geometry": {"type": "Point", "coordinates": [8.69, 49.41]},
    "properties": {"name": "A", "fraction": "paper", "litres": 1100, "place": "A", "minutes": 3},
}


def city(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "version": "1", "demo": True, "features": list(features)}


@pytest.mark.parametrize(
    "change",
    [
        {"geometry": {"type": "LineString", "coordinates": [8.69, 49.41]}},
        {"geometry": {"type": "Point", "coordinates": [49.41, 98.69]}},
        {"properties": {**ONE["properties"], "litres": 0}},
        {"properties": {**ONE["properties"], "fraction": "gold"}},
        {"properties": {**ONE["properties"], "minutes": 500}},
        {"properties": {**ONE["properties"], "window": ["10:00", "06:00"]}},
        {"properties": {**ONE["properties"], "name": " "}},
    ],
)
def test_a_broken_bin_is_named(change: dict[str, Any]) -> None:
    assert Bins.read(city(ONE)).by_id["a"].litres == 1100
    with pytest.raises(BrokenBins, match="'a'"):
        Bins.read(city({**ONE, **change}))


def test_two_bins_are_told_apart() -> None:
    with pytest.raises(BrokenBins, match="place 'A'"):
        Bins.read(city(ONE, {**ONE, "id": "b"}))
    with pytest.raises(BrokenBins, match="FeatureCollection"):
        Bins.read([])


async def test_our_cities_can_be_read() -> None:
    cities = Path(__file__).parents[3] / "cities"
    found = await bins(cities).of("heidelberg")
    assert found.demo
    assert found.bins
    assert (cities / "heidelberg" / BINS).is_file()
    assert (await bins(cities).of("nowhere")).bins == ()
