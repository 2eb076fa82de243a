# SPDX-License-Identifier: EUPL-1.2
"""CAP 1.2: elements and their order as the standard's schema has them (OASIS CAP-v1.2-os, 3.2 and 3.4)."""

import re
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from mash.winter.v1.events_pb2 import IceWarningOpened
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench
from mash_winter.model.cap import CAP, _moment

API = "/api/winter/v1/cap"
ALERT = (
    ("identifier", 1), ("sender", 1), ("sent", 1), ("status", 1), ("msgType", 1), ("source", 0), ("scope", 1),
    ("restriction", 0), ("addresses", 0), ("code", 0), ("note", 0), ("references", 0), ("incidents", 0),
    ("info", 0),
)  # fmt: skip
INFO = (
    ("language", 0), ("category", 1), ("event", 1), ("responseType", 0), ("urgency", 1), ("severity", 1),
    ("certainty", 1), ("audience", 0), ("eventCode", 0), ("effective", 0), ("onset", 0), ("expires", 0),
    ("senderName", 0), ("headline", 0), ("description", 0), ("instruction", 0), ("web", 0), ("contact", 0),
    ("parameter", 0), ("resource", 0), ("area", 0),
)  # fmt: skip
"""Names in the schema's sequence, and whether one has to be there."""
ALLOWED = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra"},
    "responseType": {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear"},
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}
SENT = re.compile(r"\d\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")


def text(parent: ET.Element, name: str) -> str:
    found = parent.findtext(f"{{{CAP}}}{name}")
    assert found is not None, name
    return found


def assert_in_order(parent: ET.Element, sequence: tuple[tuple[str, int], ...]) -> None:
    names = [one.tag.removeprefix(f"{{{CAP}}}") for one in parent]
    order = [name for name, _ in sequence]
    assert names == sorted(names, key=order.index)
    assert {name for name, needed in sequence if needed} <= set(names)
    for one in parent:
        name = one.tag.removeprefix(f"{{{CAP}}}")
        assert one.text in ALLOWED.get(name, {one.text})


async def message(bench: Bench, warning: str) -> ET.Element:
    answer = await bench.visitor().get(f"{API}/alerts/{warning}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/cap+xml")
    root = ET.fromstring(answer.content)  # noqa: S314 — our own
    assert root.tag == f"{{{CAP}}}alert"
    assert_in_order(root, ALERT)
    (info,) = root.findall(f"{{{CAP}}}info")
    assert_in_order(info, INFO)
    assert SENT.fullmatch(text(root, "sent"))
    for name in ("identifier", "sender"):
        assert not re.search(r"[\s,<&]", text(root, name))
    return root


@pytest.fixture
async def warning(bench: Bench, night: Any) -> str:
    await night.frost(1)
    (opened,) = [one for one in bench.announced(IceWarningOpened) if one.segment_id == "alte-bruecke"]
    return opened.warning_id


async def test_a_warning_is_an_alert_then_an_update_then_cancelled(
    bench: Bench, night: Any, warning: str
) -> None:
    first = await message(bench, warning)
    assert (text(first, "msgType"), text(first, "status")) == ("Alert", "Test"), "demo data is no alarm"
    assert first.find(f"{{{CAP}}}references") is None
    await night.frost(3)
    second = await message(bench, warning)
    info = second[-1]
    assert text(second, "msgType") == "Update"
    assert (text(info, "urgency"), text(info, "certainty")) == ("Immediate", "Likely")
    sender, identifier, sent = text(second, "references").split(",")
    assert (sender, identifier, sent) == tuple(text(first, name) for name in ("sender", "identifier", "sent"))
    assert "Reif" in text(info, "headline")
    latitude, longitude, radius = re.split(r"[ ,]", text(info.find(f"{{{CAP}}}area") or info, "circle"))
    assert 49.4 < float(latitude) < 49.42
    assert 8.7 < float(longitude) < 8.72
    assert 0.05 < float(radius) < 0.5
    bench.clock.forward(seconds=300)
    await night.report(surface=6.0, air=8.0, humidity=60.0, precipitation=0.0)
    last = await message(bench, warning)
    assert text(last, "msgType") == "Cancel"
    assert len(text(last, "references").split(" ")) == 2
    assert text(last[-1], "responseType") == "AllClear"


async def test_what_nobody_knows_is_unknown_in_cap_too(bench: Bench, night: Any, warning: str) -> None:
    await night.frost(2)
    bench.clock.forward(seconds=300)
    await night.report(surface=-120.0)
    info = (await message(bench, warning))[-1]
    assert {text(info, name) for name in ("urgency", "severity", "certainty")} == {"Unknown"}


async def test_the_feed_leads_to_the_messages(bench: Bench, warning: str) -> None:
    answer = await bench.visitor().get(f"{API}/feed.xml")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    atom = {"a": "http://www.w3.org/2005/Atom"}
    root = ET.fromstring(answer.content)  # noqa: S314 — our own
    links = [one.attrib["href"] for one in root.findall("a:entry/a:link", atom)]
    assert any(link.endswith(f"/heidelberg{API}/alerts/{warning}") for link in links)
    for name in ("id", "title", "updated"):
        assert root.findtext(f"a:{name}", namespaces=atom)


async def test_a_message_that_is_not_there(bench: Bench) -> None:
    assert (await bench.visitor().get(f"{API}/alerts/{new_id()}")).status_code == 404
    assert (await bench.visitor().get(f"{API}/alerts/x")).status_code == 422


def test_utc_is_written_as_the_standard_wants() -> None:
    assert _moment(datetime(2026, 1, 1, 3, tzinfo=UTC), ZoneInfo("UTC")) == "2026-01-01T03:00:00-00:00"
