# SPDX-License-Identifier: EUPL-1.2
"""DATEX II 3: elements and their order as the schemas of version 3.4 have them (Situation, Common, Location).

The schemas themselves are not in the tree, so this checks structure, not validity.
"""

import re
from typing import Any
from xml.etree import ElementTree as ET

from mash_sdk.testing import Bench
from mash_winter.model.datex2 import NAMESPACES, XSI

PATH = "/api/winter/v1/datex2/situations.xml"
RECORD = (
    "situationRecordCreationTime", "situationRecordVersionTime", "probabilityOfOccurrence", "severity",
    "safetyRelatedMessage", "source", "validity", "generalPublicComment", "locationReference",
    "weatherRelatedRoadConditionType",
)  # fmt: skip
"""SituationRecord's sequence, then WeatherRelatedRoadConditions', as far as they are used here."""
POSITIONS = re.compile(r"[-+]?[0-9]*\.?[0-9]+(\s[-+]?[0-9]*\.?[0-9]+){3,}")
"""Of GmlPosList."""


def names(parent: ET.Element, prefix: str) -> list[str]:
    """Local names of the children, each of which is of that namespace."""
    uri = f"{{{NAMESPACES[prefix]}}}"
    assert all(one.tag.startswith(uri) for one in parent)
    return [one.tag.removeprefix(uri) for one in parent]


def find(parent: ET.Element, path: str) -> ET.Element:
    found = parent.find(path, NAMESPACES)
    assert found is not None, path
    return found


def text(parent: ET.Element, path: str) -> str:
    return find(parent, path).text or ""


async def situations(bench: Bench, tenant: str = "heidelberg") -> tuple[ET.Element, list[ET.Element]]:
    answer = await bench.visitor(tenant).get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    root = ET.fromstring(answer.content)  # noqa: S314 — our own answer
    return root, root.findall("sit:situation", NAMESPACES)


async def test_an_open_warning_is_a_situation(bench: Bench, night: Any) -> None:
    await night.frost(3)
    root, found = await situations(bench)
    assert root.tag == f"{{{NAMESPACES['d2']}}}payload"
    assert root.attrib == {
        f"{{{XSI}}}type": "sit:SituationPublication", "lang": "de", "modelBaseVersion": "3",
    }  # fmt: skip
    assert [one.tag for one in root][:2] == [
        f"{{{NAMESPACES['com']}}}publicationTime",
        f"{{{NAMESPACES['com']}}}publicationCreator",
    ]
    bridge = next(one for one in found if "Alte Brücke" in text(one, ".//sit:comment/com:values/com:value"))
    assert names(bridge, "sit") == [
        "overallSeverity", "situationVersionTime", "headerInformation", "situationRecord",
    ]  # fmt: skip
    assert text(bridge, "sit:headerInformation/com:informationStatus") == "test", "the thresholds are made up"
    record = find(bridge, "sit:situationRecord")
    assert names(record, "sit") == list(RECORD)
    assert record.attrib[f"{{{XSI}}}type"] == "sit:WeatherRelatedRoadConditions"
    assert text(record, "sit:weatherRelatedRoadConditionType") == "rime"
    assert text(record, "sit:probabilityOfOccurrence") == "probable"
    place = find(record, "sit:locationReference")
    assert names(place, "loc") == ["coordinatesForDisplay", "gmlLineString"]
    positions = text(place, "loc:gmlLineString/loc:posList")
    assert POSITIONS.fullmatch(positions)
    assert positions.startswith("49.415100 8.708900"), "latitude first, as its reference system says"


async def test_what_is_over_or_another_citys_is_not_in_it(bench: Bench, night: Any) -> None:
    await night.frost(3)
    assert (await situations(bench, "mannheim"))[1] == []
    bench.clock.forward(seconds=1200)
    _, found = await situations(bench)
    assert {text(one, "sit:overallSeverity") for one in found} == {"unknown"}, "silence is no all-clear"
    await night.report(surface=8.0, air=9.0, humidity=50.0, precipitation=0.0)
    assert (await situations(bench))[1] == []
