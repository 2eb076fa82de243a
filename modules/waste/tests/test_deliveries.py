# SPDX-License-Identifier: EUPL-1.2
"""What an office approved is delivered; the address is asked for, shown and kept nowhere."""

from typing import Any

import pytest
from sqlalchemy import text

from mash.forms.v1.events_pb2 import OUTCOME_REJECTED
from mash.waste.v1.events_pb2 import DeliveryCalledOff, DeliveryDone, DeliveryOrdered
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF

API = "/api/waste/v1/deliveries"


@pytest.fixture
def fritz(town: Any) -> Any:
    return town.bench.client(subject=new_id(), roles=("driver",))


async def test_an_order_is_driven_out_and_ticked_off_once(town: Any, fritz: Any) -> None:
    application = town.forms.order(wish="swap", litres=120, new_litres=240)
    await town.bench.deliver(town.decided(application))
    (ordered,) = await town.told(DeliveryOrdered)
    assert ordered.application_id == application
    page = (await fritz.get("/waste/deliveries")).text
    assert "Blaue Tonne tauschen: 120" in page
    assert "Hauptstraße 1, 69117 Heidelberg" in page
    assert town.forms.asked == [
        "make a delivery of what was applied for",
        "show a driver where to deliver to",
    ]
    done = f"/waste/deliveries/{ordered.delivery_id}/done"
    for _ in range(2):
        assert (await fritz.post(done, data={"csrf": CSRF})).status_code == 303
    (told,) = await town.told(DeliveryDone)
    assert (told.application_id, told.wish) == (application, "swap")
    assert (await fritz.get(API)).json()["items"] == []
    assert "nichts zu liefern" in (await fritz.get("/waste/deliveries")).text


async def test_no_address_is_kept_or_answered_to_programs(town: Any, fritz: Any) -> None:
    await town.bench.deliver(town.decided(town.forms.order(street="Geheimweg")))
    assert "Geheimweg" in (await fritz.get("/waste/deliveries")).text
    assert "Geheimweg" not in (await fritz.get(API)).text
    async with town.bench.unit() as unit:
        for query in ("select * from deliveries", "select * from outbox"):
            rows = await unit.connection.execute(text(query))
            assert "Geheimweg" not in str([tuple(row) for row in rows])


async def test_without_forms_a_delivery_is_shown_without_its_address(town: Any, fritz: Any) -> None:
    application = town.forms.order()
    await town.bench.deliver(town.decided(application))
    town.forms.away = True
    assert "gerade nicht zu erfahren" in (await fritz.get("/waste/deliveries")).text
    town.forms.away = False
    del town.forms.handed[application]
    assert "keine Anschrift mehr" in (await fritz.get("/waste/deliveries")).text


async def test_what_is_not_handed_to_us_is_no_delivery(town: Any, fritz: Any) -> None:
    other = town.decided(town.forms.order())
    other.form = "bewohnerparkausweis"
    await town.bench.deliver(other)
    assert town.forms.asked == []
    await town.bench.deliver(town.decided(new_id()))
    await town.bench.deliver(town.decided(town.forms.order(litres="viele")))
    assert (await fritz.get(API)).json()["items"] == []


async def test_a_decision_that_is_taken_back_calls_off_what_nobody_drove(town: Any, fritz: Any) -> None:
    kept, taken = town.forms.order(), town.forms.order()
    for application in (kept, taken):
        await town.bench.deliver(town.decided(application))
    await town.bench.deliver(town.decided(taken, OUTCOME_REJECTED))
    (off,) = await town.told(DeliveryCalledOff)
    assert off.application_id == taken
    assert [one["application_id"] for one in (await fritz.get(API)).json()["items"]] == [kept]


async def test_only_drivers_see_deliveries(town: Any) -> None:
    await town.bench.deliver(town.decided(town.forms.order()))
    (ordered,) = await town.told(DeliveryOrdered)
    for path in (API, "/waste/deliveries"):
        assert (await town.bench.client(subject=new_id()).get(path)).status_code == 403
    elsewhere = town.bench.client("mannheim", subject=new_id(), roles=("driver",))
    assert (await elsewhere.post(f"{API}/{ordered.delivery_id}/done")).status_code == 404
