# SPDX-License-Identifier: EUPL-1.2
"""A city's own broker asks who may come in and who may use which topic: nobody, unless we know better."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mash_sdk.testing import Bench

KEY = "k" * 32
PATH = "/api/sensors/v1/mqtt"


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]]) -> Bench:
    return await bench_of("mash_sensors", mqtt_broker_key=KEY)


async def ask(bench: Bench, what: str, key: str = KEY, **said: Any) -> int:
    headers = {"authorization": f"Bearer {key}"}
    answer = await bench.visitor().post(f"{PATH}/{what}", headers=headers, json=said)
    if answer.status_code == 200:
        assert answer.json() == {"result": "allow", "Ok": True}
    return answer.status_code


def topic(sender: Any) -> str:
    return f"{sender.tenant}/v1.1/Datastreams('{sender.datastream('surface')}')/Observations"


async def test_who_has_a_key_of_their_own_comes_in(
    bench: Bench, sender: Any, register: Callable[..., Awaitable[Any]]
) -> None:
    other = await register(device_id="frost-2", dev_eui=None)
    user = f"heidelberg/{sender.id}"
    assert await ask(bench, "login", username=user, password=sender.key) == 200
    for name, password in (
        (user, other.key),
        (user, ""),
        (f"mannheim/{sender.id}", sender.key),
        (f"nowhere/{sender.id}", sender.key),
        ("", ""),
    ):
        assert await ask(bench, "login", username=name, password=password) == 403, name


async def test_a_device_uses_its_own_topics_alone(
    bench: Bench, sender: Any, register: Callable[..., Awaitable[Any]]
) -> None:
    other = await register(device_id="frost-2", dev_eui=None)
    abroad = await register("mannheim")
    user, whole = f"heidelberg/{sender.id}", "heidelberg/v1.1/Observations"
    for said in ({"action": "publish"}, {"acc": 2}):
        assert await ask(bench, "use", username=user, topic=topic(sender), **said) == 200
        foreign = topic(sender).replace("heidelberg", "mannheim")
        for wrong in (topic(other), topic(abroad), whole, "#", foreign):
            assert await ask(bench, "use", username=user, topic=wrong, **said) == 403, wrong
        for name in ("", "mash-sensors", "heidelberg/x", f"mannheim/{sender.id}", f"heidelberg/{other.id}"):
            assert await ask(bench, "use", username=name, topic=topic(sender), **said) == 403, name
    for said in ({"action": "subscribe"}, {"acc": 1}, {"acc": 4}):
        assert await ask(bench, "use", username=user, topic=whole, **said) == 200
        for wrong in (topic(sender), "mannheim/v1.1/Observations", "#", "+/v1.1/Observations"):
            assert await ask(bench, "use", username=user, topic=wrong, **said) == 403, wrong
    assert await ask(bench, "use", username=user, topic=whole) == 403  # as a writer


async def test_without_a_key_that_holds_nothing_is_used(bench: Bench, sender: Any) -> None:
    editor = bench.client(roles=["editor"], subject="e")
    gone = await editor.delete(f"/api/sensors/v1/devices/{sender.id}/keys/{sender.about['key_id']}")
    assert gone.status_code == 204
    user = f"heidelberg/{sender.id}"
    assert await ask(bench, "use", username=user, topic=topic(sender), acc=2) == 403
    assert await ask(bench, "use", username=user, topic="heidelberg/v1.1/Observations", acc=4) == 403


async def test_only_the_broker_asks(
    bench: Bench, sender: Any, bench_of: Callable[..., Awaitable[Bench]]
) -> None:
    said = {"username": f"heidelberg/{sender.id}", "password": sender.key}
    assert await ask(bench, "login", key=sender.key, **said) == 401
    assert (await bench.visitor().post(f"{PATH}/login", json=said)).status_code == 401
    without = await bench_of("mash_sensors")
    for key in ("None", "", KEY):
        assert await ask(without, "login", key=key, **said) == 401
