# SPDX-License-Identifier: EUPL-1.2
"""The XBezahldienste simulator over real HTTP: strict as the standard, and it fails on demand."""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from fastapi import HTTPException, Request

from mash_simulators.control import loopback_only
from mash_simulators.started import Started

CLIENT = {"grant_type": "client_credentials", "client_id": "mash", "client_secret": "mash-demo"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Started]:
    with Started("xbezahldienste", "--listen", "127.0.0.1:0") as started:
        yield started


@pytest.fixture
def http(simulator: Started) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.origin, timeout=10) as client:
        token = client.post("/oauth/token", data=CLIENT).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client
        client.delete("/_sim/faults")


def order(request_id: str, **changes: Any) -> dict[str, Any]:
    item = {"id": "1", "quantity": 1, "totalNetAmount": 30.7, "totalTaxAmount": 0}
    return {
        "requestId": request_id,
        "requestTimestamp": "2026-05-01T10:00:00Z",
        "currency": "EUR",
        "grosAmount": 30.7,
        "purpose": "HD-7K2M-9QXC",
        "redirectUrl": "http://localhost:1/back",
        "items": [item],
    } | changes


def send(http: httpx.Client, body: dict[str, Any], path: str = "/paymenttransaction/orig/08221000") -> Any:
    return http.post(path, json=body)


def information(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["paymentInformation"]
    return found


def test_a_payer_pays_and_is_sent_back_without_any_truth_in_the_url(http: httpx.Client) -> None:
    opened = send(http, order("happy"))
    assert opened.status_code == 201
    about = information(opened)
    assert about["status"] == "INITIAL"

    page = http.get(about["transactionRedirectUrl"])
    assert "30,70 Euro" in page.text
    assert "Simulator" in page.text

    back = http.post(about["transactionRedirectUrl"], data={"decision": "pay", "method": "PAYPAL"})
    assert (back.status_code, back.headers["location"]) == (303, "http://localhost:1/back")

    after = information(http.get(about["transactionUrl"]))
    assert (after["status"], after["paymentMethod"]) == ("PAYED", "PAYPAL")
    assert "transactionRedirectUrl" not in after


def test_a_payer_cancels_and_cannot_pay_afterwards(http: httpx.Client) -> None:
    about = information(send(http, order("cancel")))
    http.post(about["transactionRedirectUrl"], data={"decision": "cancel"})
    http.post(about["transactionRedirectUrl"], data={"decision": "pay"})
    assert information(http.get(about["transactionUrl"]))["status"] == "CANCELED"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grossAmount": 30.7}, "VALIDATION_ERROR"),
        ({"grosAmount": 30.71}, "CALCULATION_ERROR"),
        ({"grosAmount": 1000000}, "VALIDATION_ERROR"),
        ({"grosAmount": 30.705}, "VALIDATION_ERROR"),
        ({"purpose": "x" * 28}, "VALIDATION_ERROR"),
        ({"purpose": "Gebühr: 5 €"}, "VALIDATION_ERROR"),
        ({"currency": "USD"}, "VALIDATION_ERROR"),
        ({"items": []}, "VALIDATION_ERROR"),
        ({"requestTimestamp": "2026-05-01T10:00:00"}, "VALIDATION_ERROR"),
        ({"requestId": "x" * 37}, "VALIDATION_ERROR"),
    ],
)
def test_what_the_standard_forbids_is_refused(http: httpx.Client, changes: dict[str, Any], code: str) -> None:
    refused = send(http, order("refused") | changes)
    assert refused.status_code in {400, 422}
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["functionalCode"] == code


def test_items_have_to_multiply(http: httpx.Client) -> None:
    item = {"id": "1", "quantity": 2, "singleNetAmount": 15, "totalNetAmount": 30.7, "totalTaxAmount": 0}
    assert send(http, order("sums", items=[item])).json()["functionalCode"] == "CALCULATION_ERROR"


def test_a_request_id_is_taken_once(http: httpx.Client) -> None:
    assert send(http, order("once")).status_code == 201
    again = send(http, order("once"))
    assert (again.status_code, again.json()["functionalCode"]) == (409, "PAYMENT_EXISTS")


def test_ids_outside_the_pattern_are_no_originator(http: httpx.Client) -> None:
    answer = send(http, order("pattern"), "/paymenttransaction/or.ig/08221000")
    assert answer.json()["functionalCode"] == "NO_VALID_ORIGINATOR_OR_ENDPOINT"


def test_without_a_token_nothing_is_told(http: httpx.Client) -> None:
    assert http.get("/status/orig/08221000").status_code == 200
    answer = http.get("/status/orig/08221000", headers={"authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()["functionalCode"]) == (401, "FORBIDDEN")
    assert http.post("/oauth/token", data=CLIENT | {"client_secret": "wrong"}).status_code == 401


def test_hanging_up_does_it_and_breaks_the_connection(http: httpx.Client) -> None:
    http.post("/_sim/faults", json={"kind": "hang_up", "on": "create"})
    with pytest.raises(httpx.RemoteProtocolError):
        send(http, order("hung-up"))
    assert send(http, order("hung-up")).json()["functionalCode"] == "PAYMENT_EXISTS"


def test_a_forgotten_transaction_is_unknown_and_nothing_is_lost(http: httpx.Client) -> None:
    about = information(send(http, order("forgotten")))
    http.post("/_sim/faults", json={"kind": "forget", "on": "status"})
    assert http.get(about["transactionUrl"]).status_code == 404
    assert information(http.get(about["transactionUrl"])) == about


def test_a_late_settlement_shows_later_than_the_return(http: httpx.Client) -> None:
    about = information(send(http, order("late")))
    http.post("/_sim/faults", json={"kind": "settle_late", "on": "pay", "seconds": 300})
    assert http.post(about["transactionRedirectUrl"], data={"decision": "pay"}).status_code == 303
    assert information(http.get(about["transactionUrl"]))["status"] == "INITIAL"


def test_the_return_address_is_called_once_more_than_by_the_payer(http: httpx.Client) -> None:
    asked: list[str] = []

    class Back(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(303)
            self.send_header("location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Back) as online_service:
        Thread(target=online_service.handle_request, daemon=True).start()
        url = f"http://127.0.0.1:{online_service.server_port}/back?sig=x"
        about = information(send(http, order("twice", redirectUrl=url)))
        http.post("/_sim/faults", json={"kind": "twice", "on": "pay"})
        back = http.post(about["transactionRedirectUrl"], data={"decision": "pay"})
    assert back.headers["location"] == url
    assert asked == ["/back?sig=x"]


def test_control_paths_answer_this_machine_only() -> None:
    inside = Request({"type": "http", "client": ("127.0.0.1", 1)})
    loopback_only(inside)
    for host in ("10.0.0.1", "192.0.2.7", "::ffff:192.0.2.7", "testclient"):
        with pytest.raises(HTTPException):
            loopback_only(Request({"type": "http", "client": (host, 1)}))


def test_a_kill_loses_nothing_and_an_unused_session_fails(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    arguments = ["--listen", "127.0.0.1:0", "--data", str(journal), "--session-seconds", "0"]
    with Started("xbezahldienste", *arguments) as first:
        token = httpx.post(first.origin + "/oauth/token", data=CLIENT).json()["access_token"]
        url = first.origin + "/paymenttransaction/orig/08221000"
        opened = httpx.post(url, json=order("kept"), headers={"authorization": f"Bearer {token}"})
        assert opened.status_code == 201
        first.kill()
    journal.write_text(journal.read_text() + '{"torn')
    with Started("xbezahldienste", *arguments) as second:
        held = httpx.get(second.origin + "/_sim/transactions").json()
    assert [found["paymentRequest"]["requestId"] for found in held] == ["kept"]
    assert held[0]["paymentInformation"]["status"] == "FAILED"


def test_the_payers_page_can_be_read_by_all(http: httpx.Client) -> None:
    html = http.get(information(send(http, order("page")))["transactionRedirectUrl"]).text
    assert '<html lang="de">' in html
    fields = set(re.findall(r'<input[^>]* id="([^"]+)"', html))
    assert fields
    assert fields == set(re.findall(r'<label for="([^"]+)"', html))
    assert ">Bezahlen</button>" in html
    assert ">Abbrechen</button>" in html
