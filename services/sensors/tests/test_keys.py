# SPDX-License-Identifier: EUPL-1.2
"""Whom a message is of: a key that is being revoked, a device known by name or by EUI, no device at all."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mash.sensors.v1.events_pb2 import AlertOpened
from mash_sdk.database import Unit
from mash_sdk.testing import Bench
from mash_sensors.model.device import Key
from mash_sensors.service.devices import DeviceService
from mash_sensors.store.devices import DeviceStore


async def test_an_uplink_while_its_key_is_revoked_does_not_keep_the_key_alive(
    bench: Bench, sender: Any
) -> None:
    async with bench.unit() as unit:
        service = bench.program.provides[DeviceService]
        await service.revoke(sender.id, sender.about["key_id"], unit)
        assert (await sender.send()).status_code == 202  # not committed yet
    assert (await sender.send()).status_code == 401


async def test_a_key_that_is_revoked_while_it_is_looked_up_is_not_remembered(
    bench: Bench, sender: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = DeviceStore.key

    async def overtaken(self: DeviceStore, unit: Unit, digest: bytes) -> Key | None:
        found = await look(self, unit, digest)
        editor = bench.client(roles=["editor"], subject="e")
        gone = await editor.delete(f"/api/sensors/v1/devices/{sender.id}/keys/{sender.about['key_id']}")
        assert gone.status_code == 204
        return found

    monkeypatch.setattr(DeviceStore, "key", overtaken)
    assert (await sender.send()).status_code == 202
    monkeypatch.undo()
    assert (await sender.send()).status_code == 401


async def test_a_device_with_the_messages_eui_comes_before_one_of_its_name(
    register: Callable[..., Awaitable[Any]],
) -> None:
    named = await register(device_id="frost-1", dev_eui=None)
    meant = await register(device_id="frost-2", dev_eui="70B3D57ED0055678")
    ids = {"device_id": "frost-1", "dev_eui": "70B3D57ED0055678"}
    assert (await meant.post(meant.uplink() | {"end_device_ids": ids})).status_code == 202
    assert (await named.post(named.uplink() | {"end_device_ids": ids})).status_code == 403
    assert await meant.results() == [-0.5]


async def test_what_is_simulated_in_the_networks_console_is_refused_and_warns_nobody(
    bench: Bench, sender: Any
) -> None:
    answer = await sender.post(sender.uplink({"surface": -9.0}) | {"simulated": True})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/simulated")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/simulated"]
    assert await sender.results() == []
    assert bench.announced(AlertOpened) == []
    wrong = await sender.post(sender.uplink({"surface": "cold"}) | {"simulated": True})
    assert wrong.json()["type"].endswith("/invalid")
    assert (await sender.post(sender.uplink() | {"simulated": False})).status_code == 202
