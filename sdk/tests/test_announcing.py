# SPDX-License-Identifier: EUPL-1.2
"""An announcement is believed only from the holder of the approved key, and is taken back at the end."""

import asyncio
from datetime import UTC, datetime

import pytest
from joserfc.jwk import ECKey

from mash.platform.v1.modules_pb2 import SignedAnnouncement
from mash_sdk import announcing
from mash_sdk.announcing import Announcer, NotGenuine
from mash_sdk.manifest import Goals, Manifest

MANIFEST = Manifest(name="bikes", title="Räder", version="1.2.3", sdk=">=0.1")


class Stopped:
    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC)


class Topic:
    def __init__(self, *, broken: int = 0) -> None:
        self.records: list[tuple[str, bytes, bytes | None]] = []
        self.broken = broken
        self.asked = asyncio.Event()

    async def send(self, topic: str, key: bytes, value: bytes | None) -> None:
        self.asked.set()
        if self.broken:
            self.broken -= 1
            raise ConnectionError
        self.records.append((topic, key, value))


@pytest.fixture(scope="module")
def key() -> ECKey:
    return ECKey.generate_key("P-256")


async def said(key: ECKey) -> bytes:
    topic = Topic()
    await Announcer(MANIFEST, "http://127.0.0.1:9", key, topic.send, Stopped()).announce()
    value = topic.records[0][2]
    assert value is not None
    return value


async def test_the_manifest_arrives_as_it_was(key: ECKey) -> None:
    announcement, signed = announcing.read(await said(key))
    announcing.verify(signed, key)
    assert Manifest.model_validate_json(announcement.manifest) == MANIFEST
    assert announcement.origin == "http://127.0.0.1:9"
    assert announcement.valid_until.ToSeconds() - announcement.announced_at.ToSeconds() == 30


async def test_goals_are_nobody_elses_business(key: ECKey) -> None:
    topic = Topic()
    goals = MANIFEST.model_copy(update={"goals": Goals(users=5)})
    await Announcer(goals, "http://127.0.0.1:9", key, topic.send, Stopped()).announce()
    announcement, _ = announcing.read(topic.records[0][2] or b"")
    assert Manifest.model_validate_json(announcement.manifest) == MANIFEST


async def test_another_key_is_not_believed(key: ECKey) -> None:
    _, signed = announcing.read(await said(ECKey.generate_key("P-256")))
    with pytest.raises(NotGenuine, match="does not hold"):
        announcing.verify(signed, key)


async def test_changed_bytes_are_not_believed(key: ECKey) -> None:
    announcement, signed = announcing.read(await said(key))
    announcement.origin = "http://evil:1"
    forged = SignedAnnouncement(announcement=announcement.SerializeToString(), signature=signed.signature)
    with pytest.raises(NotGenuine, match="does not hold"):
        announcing.verify(forged, key)


@pytest.mark.parametrize("signature", ["", "a.b.c", "..", "e30..x", "eyJhbGciOiJub25lIn0.."])
async def test_what_is_no_detached_es256_signature_is_not_believed(key: ECKey, signature: str) -> None:
    _, signed = announcing.read(await said(key))
    signed.signature = signature
    with pytest.raises(NotGenuine):
        announcing.verify(signed, key)


def test_other_bytes_are_no_announcement() -> None:
    with pytest.raises(NotGenuine, match="no SignedAnnouncement"):
        announcing.read(b"\xff\xff\xff")


async def test_it_announces_at_once_and_takes_itself_back(key: ECKey) -> None:
    topic, stop = Topic(), asyncio.Event()
    announcer = Announcer(MANIFEST, "http://127.0.0.1:9", key, topic.send, Stopped())
    running = asyncio.create_task(announcer.run(stop))
    await topic.asked.wait()
    stop.set()
    await running
    first, last = topic.records
    assert first[:2] == last[:2] == (announcing.TOPIC, f"bikes/{announcer.instance}".encode())
    assert last[2] is None


async def test_a_silent_broker_stops_nobody(key: ECKey) -> None:
    topic, stop = Topic(broken=1), asyncio.Event()
    running = asyncio.create_task(
        Announcer(MANIFEST, "http://127.0.0.1:9", key, topic.send, Stopped()).run(stop)
    )
    await topic.asked.wait()
    stop.set()
    await running
    assert topic.records[-1][2] is None
