# SPDX-License-Identifier: EUPL-1.2
"""VRPLIB's files: read as they are published, refused with the reason where they are broken."""

import pytest

from mash_waste.model.touring.vrplib import Unreadable, best_of, read

SMALL = """NAME : \tsmall\t
COMMENT : "(made up, Optimal value: 24)"
TYPE : CVRP
DIMENSION : 3
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8.7
DEMAND_SECTION
1 0
2 4
3 5
DEPOT_SECTION
1
-1
EOF
"""
LOWER = SMALL.replace("EUC_2D", "EXPLICIT\nEDGE_WEIGHT_FORMAT : LOWER_ROW").replace(
    "NODE_COORD_SECTION\n1 0 0\n2 3 4\n3 6 8.7", "EDGE_WEIGHT_SECTION\n5\n11 6"
)


def test_distances_are_rounded_as_the_library_reckons() -> None:
    instance = read(SMALL)
    assert (instance.name, instance.best) == ("small", 24)
    # 10.57 and 5.58 are rounded to the nearest.
    assert instance.problem.travel == ((0, 5, 11), (5, 0, 6), (11, 6, 0))
    assert [(one.place, one.litres) for one in instance.problem.stops] == [(1, 4), (2, 5)]
    assert {one.capacity for one in instance.problem.vehicles} == {10}
    instance.problem.check()


def test_given_distances_are_read() -> None:
    assert read(LOWER).problem.travel == read(SMALL).problem.travel
    full = LOWER.replace("LOWER_ROW", "FULL_MATRIX").replace("5\n11 6", "0 5 11\n5 0 6\n11 6 0")
    assert read(full).problem.travel == read(SMALL).problem.travel


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("TYPE : CVRP", "TYPE : TSP", "TSP"),
        ("DIMENSION : 3", "DIMENSION : 99999999", "99999999"),
        ("DIMENSION : 3", "DIMENSION : 4", "nodes 1 to 4"),
        ("CAPACITY : 10", "CAPACITY : viel", "CAPACITY"),
        ("2 3 4", "2 3", "2 numbers, not 3"),
        ("2 3 4", "2 3 nan", "line 9"),
        ("2 3 4", "2 drei 4", "line 9"),
        ("EUC_2D", "GEO", "GEO"),
        ("1\n-1", "1\n2\n-1", "one depot"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(old: str, new: str, word: str) -> None:
    assert old in SMALL
    with pytest.raises(Unreadable, match=word):
        read(SMALL.replace(old, new))


def test_the_best_known_value_is_read() -> None:
    assert best_of("Route #1: 1 2\nCost 27591\n") == 27591
    with pytest.raises(Unreadable):
        best_of("Route #1: 1 2\n")
