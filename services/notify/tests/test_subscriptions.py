# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions to warnings: opted in, told once by e-mail and in the mailbox, ended with one click."""

import re
from typing import Any

import httpx
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from mash.sensors.v1.events_pb2 import AlertOpened, AlertResolved
from mash_notify.gateways.sensors import OFFER, WORD
from mash_sdk.testing import CSRF, Bench
from mash_sdk.testing.spans import assert_edge

API = "/api/notify/v1"
NOON = Timestamp(seconds=1_772_445_600)


def citizen(bench: Bench, name: str = "anna", tenant: str = "heidelberg") -> httpx.AsyncClient:
    return bench.client(
        tenant, subject=name, email=f"{name}@example.org", given_name=name.title(), family_name="Beispiel"
    )


async def subscribe(client: httpx.AsyncClient, thing_id: str = "t1", rule: str = "frost") -> httpx.Response:
    return await client.put(f"{API}/subscriptions/{rule}/{thing_id}")


def opened(alert: str = "w1", thing_id: str = "t1") -> AlertOpened:
    return AlertOpened(alert_id=alert, rule="frost", thing_id=thing_id, observed_at=NOON, opened_at=NOON)


def resolved(alert: str = "w1") -> AlertResolved:
    return AlertResolved(alert_id=alert, rule="frost", thing_id="t1", observed_at=NOON, resolved_at=NOON)


async def entries(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"{API}/mailbox")).json()["items"]
    return found


async def test_a_subscriber_is_told_by_mail_and_in_the_mailbox(
    bench: Bench, sink: Any, sensors: Any, sending: Any, eventually: Any
) -> None:
    anna = citizen(bench)
    assert (await subscribe(anna)).status_code == 200
    async with sending(bench):
        await bench.deliver(opened(), journey="w1")
        await eventually(lambda: len(sink.received()) == 1)
        await bench.deliver(resolved(), journey="w1")
        await eventually(lambda: len(sink.received()) == 2)
    over, warning = sink.received()
    assert warning.subject == "Frost: Alte Brücke"
    assert over.subject == "Aufgehoben: Frost: Alte Brücke"
    assert warning.recipients == ["anna@example.org"]
    assert "Guten Tag Anna Beispiel" in warning.text
    assert "−0,5 °C am 02.03.2026 um 11:00 Uhr" in warning.text
    assert "1 °C am 02.03.2026" in over.text
    assert "http://localhost:8000/heidelberg/sensors/t1" in warning.text
    assert "Die Messwerte sind erfunden." in warning.text
    newest, oldest = await entries(anna)
    assert (oldest["kind"], newest["kind"]) == ("alert-opened", "alert-resolved")
    assert oldest["title"] == "Frost: Alte Brücke"
    assert oldest["text"].startswith("Es ist glatt. Gemessen wurden −0,5")
    assert oldest["path"] == "/sensors/t1"
    assert sensors.asked == [("ListSubjects", OFFER), ("GetAlert", WORD), ("GetAlert", WORD)]


async def test_only_those_who_subscribed_to_the_place_are_told(bench: Bench, sink: Any) -> None:
    anna, berta, there = citizen(bench), citizen(bench, "berta"), citizen(bench, "carla", "mannheim")
    await subscribe(anna)
    await subscribe(berta, "t2")
    await subscribe(there)
    await bench.deliver(opened())
    assert [len(await entries(who)) for who in (anna, berta, there)] == [1, 0, 0]


async def test_the_mail_goes_on_in_the_trace_of_the_alert(
    bench: Bench, sink: Any, sending: Any, eventually: Any
) -> None:
    await subscribe(citizen(bench))
    async with sending(bench):
        await bench.deliver(opened(), journey="w1")
        await eventually(lambda: bench.spans.named("notify.deliver"))
    assert_edge(bench.spans, "process AlertOpened", "mash.sensors.v1.AlertService/GetAlert")
    assert_edge(bench.spans, "process AlertOpened", "rounds.tell")
    assert_edge(bench.spans, "notify.deliver", "smtp")
    deliver, told = bench.spans.one("notify.deliver"), bench.spans.one("rounds.tell")
    assert deliver.context.trace_id == told.context.trace_id
    assert deliver.attributes["mash.journey.id"] == "w1"


@pytest.mark.parametrize(
    ("rule", "thing_id", "pointer"), [("flood", "t1", "/rule"), ("frost", "t9", "/thing_id")]
)
async def test_what_can_never_come_is_refused(bench: Bench, rule: str, thing_id: str, pointer: str) -> None:
    answer = await subscribe(citizen(bench), thing_id, rule)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert (await citizen(bench).get(f"{API}/subscriptions")).json()["items"] == []


async def test_without_an_address_nobody_can_subscribe(bench: Bench) -> None:
    answer = await bench.client(subject="anna", email="").put(f"{API}/subscriptions/frost/t1")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/email"


@pytest.mark.parametrize("claim", [False, "false"])
async def test_an_address_nobody_checked_is_not_written_to(bench: Bench, claim: object) -> None:
    anna = citizen(bench)
    await subscribe(anna)
    edited = bench.client(subject="anna", email="berta@example.org", email_verified=claim)
    answer = await subscribe(edited)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/email"
    chosen = {"csrf": CSRF, "rule": "frost", "thing_id": "t2"}
    page = await edited.post("/pages/account/subscriptions", data=chosen)
    assert page.status_code == 422
    assert "ist nicht bestätigt" in page.text
    assert "berta@example.org" not in page.text
    async with bench.unit() as unit:
        known = await unit.connection.scalars(text("select email from contact_points"))
        assert known.all() == ["anna@example.org"]
    assert (await edited.delete(f"{API}/subscriptions/frost/t1")).status_code == 204, "ending needs none"
    assert (await anna.get(f"{API}/subscriptions")).json()["items"] == []


async def test_an_address_that_was_checked_is(bench: Bench) -> None:
    checked = bench.client(subject="anna", email="anna@example.org", email_verified=True)
    assert (await subscribe(checked)).status_code == 200


async def test_a_newer_address_holds(bench: Bench, sink: Any, sending: Any, eventually: Any) -> None:
    await subscribe(citizen(bench))
    moved = bench.client(subject="anna", email="new@example.org", given_name="Anna", family_name="Neu")
    await subscribe(moved)
    async with sending(bench):
        await bench.deliver(opened())
        await eventually(sink.received)
    assert [mail.recipients for mail in sink.received()] == [["new@example.org"]]


async def test_own_subscriptions_are_ones_own(bench: Bench) -> None:
    anna, berta = citizen(bench), citizen(bench, "berta")
    await subscribe(anna)
    [mine] = (await anna.get(f"{API}/subscriptions")).json()["items"]
    assert (mine["rule"], mine["thing_id"], mine["place"]) == ("frost", "t1", "Alte Brücke")
    assert (await berta.delete(f"{API}/subscriptions/frost/t1")).status_code == 204
    assert len((await anna.get(f"{API}/subscriptions")).json()["items"]) == 1
    assert (await anna.delete(f"{API}/subscriptions/frost/t1")).status_code == 204
    assert (await anna.get(f"{API}/subscriptions")).json()["items"] == []
    await bench.deliver(opened())
    assert await entries(anna) == []
    async with bench.unit() as unit:
        assert await unit.connection.scalar(text("select count(*) from contact_points")) == 0


async def test_a_contact_is_kept_as_long_as_its_subscription(bench: Bench) -> None:
    run: Any = bench.program.runs[1]
    anna = citizen(bench)
    await subscribe(anna)
    bench.clock.forward(days=3000)
    await run.__self__.retire()
    await bench.deliver(opened())
    assert len(await entries(citizen(bench))) == 1
    async with bench.unit() as unit:
        assert await unit.connection.scalar(text("select count(*) from messages")) == 1


# ── one click ──


async def link_of(bench: Bench, sink: Any, sending: Any, eventually: Any) -> tuple[str, Any]:
    async with sending(bench):
        await bench.deliver(opened())
        await eventually(sink.received)
    [mail] = sink.received()
    [link] = re.findall(r"http://localhost:8000/heidelberg(/api/notify/v1/unsubscribe/\S+)", mail.text)
    return link, mail


async def test_one_click_in_the_mail_ends_it(bench: Bench, sink: Any, sending: Any, eventually: Any) -> None:
    anna = citizen(bench)
    await subscribe(anna)
    link, mail = await link_of(bench, sink, sending, eventually)
    headers = dict(mail.headers)
    assert headers["List-Unsubscribe"] == f"<http://localhost:8000/heidelberg{link}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "anna" not in link
    looked = await bench.visitor().get(link)
    assert looked.status_code == 303
    assert looked.headers["location"] == f"/heidelberg/unsubscribe/{link.rpartition('/')[2]}"
    assert len((await anna.get(f"{API}/subscriptions")).json()["items"]) == 1, "looking ends nothing"
    form = {"content": "List-Unsubscribe=One-Click"}
    kind = {"content-type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        assert (await bench.visitor().post(link, headers=kind, **form)).status_code == 204
    assert (await anna.get(f"{API}/subscriptions")).json()["items"] == []


async def test_a_forged_link_ends_nothing(bench: Bench, sink: Any, sending: Any, eventually: Any) -> None:
    anna = citizen(bench)
    await subscribe(anna)
    link, _ = await link_of(bench, sink, sending, eventually)
    subscription, _, mac = link.rpartition("/")[2].rpartition(".")
    other = "A" if mac[0] != "A" else "B"
    for token in (subscription, f"{subscription}.", f"{subscription}.{other}{mac[1:]}", f".{mac}", "x"):
        answer = await bench.visitor().post(f"{API}/unsubscribe/{token}")
        assert answer.status_code == 404, token
    answer = await bench.visitor("mannheim").post(link)
    assert answer.status_code == 404, "a link holds for its municipality"
    assert len((await anna.get(f"{API}/subscriptions")).json()["items"]) == 1


async def test_what_is_queued_is_not_sent_after_the_end(
    bench: Bench, sink: Any, sending: Any, eventually: Any
) -> None:
    anna = citizen(bench)
    await subscribe(anna)
    await bench.deliver(opened())
    await anna.delete(f"{API}/subscriptions/frost/t1")

    async def refused() -> bool:
        async with bench.unit() as unit:
            return await unit.connection.scalar(text("select state from messages")) == "refused"

    async with sending(bench):
        await eventually(refused)
    assert sink.received() == []


async def test_words_and_link_go_once_it_is_sent(
    bench: Bench, sink: Any, sending: Any, eventually: Any
) -> None:
    await subscribe(citizen(bench))
    await link_of(bench, sink, sending, eventually)

    async def gone() -> bool:
        async with bench.unit() as unit:
            row = await unit.connection.execute(text("select subject, text, html, unsubscribe from messages"))
            return tuple(row.one()) == (None, None, None, None)

    await eventually(gone)


# ── pages ──


async def test_the_page_offers_subscribes_and_ends(bench: Bench) -> None:
    anna = citizen(bench)
    page = await anna.get("/pages/account/subscriptions")
    assert page.status_code == 200
    assert "Alte Brücke" in page.text
    assert "anna@example.org" in page.text
    assert page.text.count("Nicht abonniert") == 2
    chosen = {"csrf": CSRF, "rule": "frost", "thing_id": "t1"}
    done = await anna.post("/pages/account/subscriptions", data=chosen)
    assert (done.status_code, done.headers["location"]) == (303, "/heidelberg/account/subscriptions")
    assert (await anna.get("/pages/account/subscriptions")).text.count("Nicht abonniert") == 1
    await anna.post("/pages/account/subscriptions", data=chosen | {"end": "1"})
    assert (await anna.get("/pages/account/subscriptions")).text.count("Nicht abonniert") == 2
    wrong = await anna.post("/pages/account/subscriptions", data=chosen | {"thing_id": "t9"})
    assert wrong.status_code == 422
    assert "Das hat nicht geklappt" in wrong.text
    assert (await anna.post("/pages/account/subscriptions", data={"rule": "frost"})).status_code == 403


async def test_who_comes_for_one_warning_sees_that_one(bench: Bench) -> None:
    anna = citizen(bench)
    page = await anna.get("/pages/account/subscriptions?rule=frost&thing_id=t1")
    assert page.text.count("Nicht abonniert") == 1
    assert "Alte Brücke" in page.text
    unknown = await anna.get("/pages/account/subscriptions?rule=frost&thing_id=t9")
    assert unknown.text.count("Nicht abonniert") == 2


async def test_what_can_no_longer_come_can_be_ended(bench: Bench, sensors: Any) -> None:
    anna = citizen(bench)
    await subscribe(anna)
    sensors.places.clear()
    page = await anna.get("/pages/account/subscriptions")
    assert "Nicht mehr verfügbar" in page.text
    assert "Frost: Alte Brücke" in page.text


async def test_without_an_answer_of_sensors_ones_own_can_be_ended(bench: Bench, sensors: Any) -> None:
    anna = citizen(bench)
    await subscribe(anna)
    sensors.away = True
    for query in ("", "?rule=frost&thing_id=t1"):
        page = await anna.get(f"/pages/account/subscriptions{query}")
        assert page.status_code == 200
        assert "lässt sich gerade nicht abfragen" in page.text
        assert "Frost: Alte Brücke" in page.text
        assert "Nicht mehr verfügbar" not in page.text
        assert "Zurzeit gibt es hier keine Warnungen" not in page.text
    chosen = {"csrf": CSRF, "rule": "frost", "thing_id": "t1"}
    refused = await anna.post("/pages/account/subscriptions", data=chosen | {"thing_id": "t2"})
    assert refused.status_code == 503
    assert "Das hat nicht geklappt" in refused.text
    assert "Frost: Alte Brücke" in refused.text
    ended = await anna.post("/pages/account/subscriptions", data=chosen | {"end": "1"})
    assert ended.status_code == 303
    assert "Alte Brücke" not in (await anna.get("/pages/account/subscriptions")).text
    assert (await anna.get(f"{API}/subscriptions")).json()["items"] == []


async def test_the_page_behind_the_link_asks_before_it_ends(
    bench: Bench, sink: Any, sending: Any, eventually: Any
) -> None:
    anna = citizen(bench)
    await subscribe(anna)
    link, _ = await link_of(bench, sink, sending, eventually)
    token = link.rpartition("/")[2]
    page = await bench.visitor().get(f"/pages/unsubscribe/{token}")
    assert "nicht mehr erhalten?" in page.text
    done = await bench.visitor().post(f"/pages/unsubscribe/{token}", data={"csrf": CSRF})
    assert "Sie erhalten diese Warnung nicht mehr" in done.text
    assert (await anna.get(f"{API}/subscriptions")).json()["items"] == []
