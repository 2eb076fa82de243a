# SPDX-License-Identifier: EUPL-1.2
"""Who is there: a Program says so, signed with its client's key, on `mash.platform.modules.v1` (DESIGN §4).

The record's value is a SignedAnnouncement; its signature is a detached JWS (RFC 7515, appendix F), ES256.
"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from google.protobuf.message import DecodeError
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from mash.platform.v1.modules_pb2 import Announcement, SignedAnnouncement
from mash_sdk.clock import Clock
from mash_sdk.ids import new_id
from mash_sdk.manifest import Manifest

log = logging.getLogger(__name__)

TOPIC: Final = "mash.platform.modules.v1"
TOPIC_SETTINGS: Final = {
    "cleanup.policy": "compact",
    "segment.ms": "3600000",
    "delete.retention.ms": "86400000",
}
"""How the topic is made: whoever reads it from the beginning finds all. One partition is enough."""
EVERY: Final = timedelta(seconds=10)
VALID: Final = timedelta(seconds=30)
"""An instance that was not heard for this long counts as gone."""
SOON: Final = timedelta(seconds=1)
"""When it is tried again after a broker did not take it: until then nobody can know of the instance."""
TYPE: Final = "mash-announcement"
"""The JWS's `typ`: a signature made for something else with the same key is none for an announcement."""

Send = Callable[[str, bytes, bytes | None], Awaitable[object]]
"""Sends a record to a topic: topic, key, value (None: a tombstone). Returns once the broker has it."""


class NotGenuine(Exception):
    """An announcement that cannot be read, or whose signature does not hold; the text says which."""


def record_key(name: str, instance: str) -> bytes:
    return f"{name}/{instance}".encode()


def sign(announcement: Announcement, key: ECKey) -> bytes:
    """The record's value: the announcement and the module's word that it is its own."""
    body = announcement.SerializeToString(deterministic=True)
    compact = jws.serialize_compact({"alg": "ES256", "typ": TYPE}, body, key, algorithms=["ES256"])
    head, _, signature = compact.split(".")
    return SignedAnnouncement(announcement=body, signature=f"{head}..{signature}").SerializeToString()


def read(value: bytes) -> tuple[Announcement, SignedAnnouncement]:
    """What a record claims. Nothing in it is proven before `verify`: the name only says whose key to try."""
    try:
        signed = SignedAnnouncement.FromString(value)
        return Announcement.FromString(signed.announcement), signed
    except DecodeError as err:
        raise NotGenuine("the record is no SignedAnnouncement") from err


def verify(signed: SignedAnnouncement, key: ECKey) -> None:
    """Raise NotGenuine unless the announcement was signed with the private half of `key`."""
    head, _, rest = signed.signature.partition(".")
    middle, _, signature = rest.partition(".")
    if not head or middle or not signature:
        raise NotGenuine("the signature is no detached JWS")
    body = base64.urlsafe_b64encode(signed.announcement).rstrip(b"=").decode()
    try:
        checked = jws.deserialize_compact(f"{head}.{body}.{signature}", key, algorithms=["ES256"])
    except (JoseError, ValueError) as err:
        raise NotGenuine("the signature does not hold") from err
    if checked.headers().get("typ") != TYPE:
        raise NotGenuine("the signature was made for something else")


class Announcer:
    """Announces one running Program at its start, every ten seconds, and takes it back at its stop."""

    def __init__(self, manifest: Manifest, origin: str, key: ECKey, send: Send, clock: Clock) -> None:
        """`origin`: where others reach the HTTP door, `http://host:port`."""
        self._manifest = manifest
        self._origin = origin
        self._key = key
        self._send = send
        self._clock = clock
        self.instance = new_id()

    async def announce(self) -> None:
        await self._send(TOPIC, record_key(self._manifest.name, self.instance), self._value())

    async def withdraw(self) -> None:
        """Say that this instance stops: a tombstone."""
        await self._send(TOPIC, record_key(self._manifest.name, self.instance), None)

    async def run(self, stop: asyncio.Event) -> None:
        """Announce until `stop`; a broker that does not answer is asked again soon."""
        reachable = True
        while not stop.is_set():
            try:
                await self.announce()
            except Exception as err:  # noqa: BLE001 — whatever the broker's client raises, we try again
                if reachable:
                    log.warning("cannot announce %s: %s", self._manifest.name, type(err).__name__)
                reachable = False
            else:
                reachable = True
            pause = EVERY if reachable else SOON
            try:
                async with asyncio.timeout(pause.total_seconds()):
                    await stop.wait()
            except TimeoutError:
                continue
        try:
            async with asyncio.timeout(2):
                await self.withdraw()
        except Exception as err:  # noqa: BLE001 — it counts as gone once its announcement ends
            log.warning("cannot withdraw %s: %s", self._manifest.name, type(err).__name__)

    def _value(self) -> bytes:
        now = self._clock.now()
        announcement = Announcement(
            name=self._manifest.name,
            version=self._manifest.version,
            instance=self.instance,
            origin=self._origin,
            # Who routes needs no goals, and one that is older than they are would refuse them.
            manifest=self._manifest.model_dump_json(exclude_defaults=True, exclude={"goals"}),
        )
        announcement.announced_at.FromDatetime(now)
        announcement.valid_until.FromDatetime(now + VALID)
        return sign(announcement, self._key)
