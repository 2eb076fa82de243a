# SPDX-License-Identifier: EUPL-1.2
"""What a module is told of datastreams by gRPC, and who is told nothing."""

import json
from typing import Any

import grpc
import pytest

from mash.sensors.v1.datastreams_pb2 import ListDatastreamsRequest, ListDatastreamsResponse
from mash.sensors.v1.datastreams_pb2_grpc import DatastreamServiceStub
from mash_sdk.testing import Bench

SURFACE = "http://vocab.nerc.ac.uk/standard_name/surface_temperature/"


async def listed(bench: Bench, tenant: str = "heidelberg", **asked: Any) -> ListDatastreamsResponse:
    found: ListDatastreamsResponse = await bench.rpc(
        DatastreamServiceStub,
        "ListDatastreams",
        ListDatastreamsRequest(**asked),
        caller="winter",
        module=True,
        tenant=tenant,
    )
    return found


async def test_a_module_learns_what_is_observed_and_where(bench: Bench, register: Any) -> None:
    where = {"type": "Point", "coordinates": [8.71, 49.41]}
    bridge = {
        "name": "Alte Brücke",
        "description": "Fahrbahn",
        "properties": {"location": where, "demo": True},
    }
    editor = bench.client(roles=["editor"], subject="e")
    thing = (await editor.post("/api/sensors/sta/v1.1/Things", json=bridge)).json()
    sender = await register(thing=None, thing_id=thing["@iot.id"])
    page = await listed(bench)
    assert page.next == ""
    surface, wet = page.datastreams
    assert (surface.id, wet.id) == (sender.datastream("surface"), sender.datastream("wet"))
    assert (surface.thing_id, surface.place) == (sender.about["thing_id"], "Alte Brücke")
    assert (json.loads(surface.location), surface.demo) == (where, True)
    assert (surface.observes, surface.unit, surface.valid_for.seconds) == (SURFACE, "Cel", 1800)
    assert (wet.observes, wet.unit) == ("https://example.org/wet", "")


async def test_it_asks_for_what_it_needs_page_by_page(bench: Bench, register: Any) -> None:
    for number in range(3):
        eui = f"70B3D57ED005123{number}"
        await register(device_id=f"frost-{number}", dev_eui=eui, thing={"name": f"Brücke {number}"})
    surfaces = (await listed(bench, observes=[SURFACE])).datastreams
    assert {one.observes for one in surfaces} == {SURFACE}
    assert (await listed(bench, observes=["https://example.org/none"])).datastreams == []
    found, after = [], ""
    while True:
        page = await listed(bench, limit=2, after=after)
        assert len(page.datastreams) <= 2
        found += [one.id for one in page.datastreams]
        after = page.next
        if not after:
            break
    assert found == sorted(found)
    assert len(found) == len(set(found)) == 6
    assert [(one.location, one.demo) for one in surfaces] == [("", False)] * 3


async def test_nobody_else_is_answered_and_no_other_citys(bench: Bench, sender: Any) -> None:
    assert (await listed(bench, "mannheim")).datastreams == []
    assert len((await listed(bench)).datastreams) == 2
    for caller in ("winter", "notify"):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await bench.rpc(DatastreamServiceStub, "ListDatastreams", ListDatastreamsRequest(), caller=caller)
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize(
    "asked", [{"limit": 501}, {"limit": -1}, {"after": "x"}, {"observes": ["u"] * 101}], ids=str
)
async def test_what_cannot_be_asked_is_said(bench: Bench, asked: dict[str, Any]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await listed(bench, **asked)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
