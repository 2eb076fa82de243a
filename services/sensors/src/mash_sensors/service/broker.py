# SPDX-License-Identifier: EUPL-1.2
"""What a broker of the city's asks: who may come in, and who may write or read which topic. No by default."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import Forbidden, NotFound, Unauthenticated
from mash_sensors.model.device import Key
from mash_sensors.model.topics import place_of
from mash_sensors.service.holders import Holders
from mash_sensors.service.writable import Writable

Units = Callable[[str], AbstractAsyncContextManager[Unit]]
_NO: Final = "Das darf dieser Benutzer hier nicht."


class BrokerKey:
    """Judges the one key by which the broker asks."""

    def __init__(self, key: str | None) -> None:
        self._key = key

    async def verify(self, tenant: str, key: str) -> Principal:
        if self._key is None or not hmac.compare_digest(key.encode(), self._key.encode()):
            raise Unauthenticated("Dieser Schlüssel ist nicht der des MQTT-Brokers.")
        return Principal(kind="key", tenant=tenant, subject="mqtt-broker")


class Keys(Protocol):
    async def keys(self, unit: Unit, holder_id: str) -> Sequence[Key]: ...


class Streams(Protocol):
    async def writable(self, unit: Unit, ids: Sequence[str]) -> Mapping[str, Writable]: ...


class BrokerAccess:
    def __init__(self, units: Units, holders: Holders, keys: Keys, streams: Streams) -> None:
        self._units = units
        self._holders = holders
        self._keys = keys
        self._streams = streams

    async def come_in(self, user: str, password: str) -> None:
        """Raise Forbidden for who may not."""
        try:
            await self._holders.verify(user, password.encode("utf-8", "surrogateescape"))
        except Unauthenticated as problem:
            raise Forbidden(problem.detail, kind="no-entry") from None

    async def use(self, user: str, topic: str, *, writes: bool) -> None:
        """Raise Forbidden for a topic that the user may not write or read.

        A device or webhook writes its own datastreams, as long as it has a key that holds, and reads what its
        tenant recorded. Not what others write: that is nothing yet.
        """
        holder = self._holders.named(user)
        try:
            place = place_of(topic)
        except NotFound:
            raise Forbidden(_NO, kind="foreign-topic") from None
        if holder is None or place.tenant != holder.tenant or writes == (place.datastream_id is None):
            raise Forbidden(_NO, kind="foreign-topic")
        async with self._units(holder.tenant) as unit:
            if not any(key.revoked_at is None for key in await self._keys.keys(unit, holder.subject)):
                raise Forbidden(_NO, kind="no-entry")
            if place.datastream_id is None:
                return
            found = await self._streams.writable(unit, [place.datastream_id])
        stream = found.get(place.datastream_id)
        if stream is None or holder.subject not in {stream.device_id, stream.webhook_id}:
            raise Forbidden(_NO, kind="foreign-device")
