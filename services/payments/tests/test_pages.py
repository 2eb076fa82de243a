# SPDX-License-Identifier: EUPL-1.2
"""What the payer reads in every state: one main part, one heading, whole HTML, nothing inline, the amount."""

import re
import shutil
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from mash_payments import api
from mash_payments.model import METHODS, USED
from mash_payments.views import citizen, desk
from mash_payments.views.phrases import PHRASES
from mash_sdk.manifest import Manifest
from mash_sdk.testing import Bench

CITIES = Path(__file__).parents[3] / "cities"
VOID = {"input", "br", "hr", "img", "meta"}


class Structure(HTMLParser):
    """Raises AssertionError at a tag that closes another than was opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.seen)


# How a payer and the provider get there.


async def opened(_: Any) -> None: ...


async def started(payer: Any) -> None:
    await payer.goes()


async def canceled(payer: Any) -> None:
    await payer.comes_back(await payer.decides(await payer.goes(), "cancel"))


async def refused(payer: Any) -> None:
    page = await payer.goes()
    await payer.order("refuse", on="pay")
    await payer.comes_back(await payer.decides(page))


async def unknown(payer: Any) -> None:
    await payer.order("hang_up", on="create")
    assert "Das hat nicht geklappt" in (await payer.clicks()).text


async def forgotten(payer: Any) -> None:
    await payer.goes()
    await payer.order("forget", on="status", times=1000)


async def settled(payer: Any) -> None:
    await payer.comes_back(await payer.decides(await payer.goes()))


async def mismatched(payer: Any) -> None:
    page = await payer.goes()
    await payer.shows(page, grosAmount=120.01)
    await payer.comes_back(await payer.decides(page))


async def overpaid(payer: Any) -> None:
    first = await payer.goes()
    await payer.shows(first, status="FAILED")
    await payer.page()
    await settled(payer)
    await payer.shows(first, status="PAYED")
    await payer.reconciled(minutes=11)


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (opened, ["Weiter zum Bezahldienst"]),
        (started, ["Die Zahlung ist begonnen", "Zahlung fortsetzen"]),
        (canceled, ["Die Zahlung ist abgebrochen", "Weiter zum Bezahldienst"]),
        (refused, ["Die Zahlung ist fehlgeschlagen", "Weiter zum Bezahldienst"]),
        (unknown, ["Die letzte Zahlung kam nicht zustande", "Weiter zum Bezahldienst"]),
        (forgotten, ["Die begonnene Zahlung gibt es nicht mehr", "Weiter zum Bezahldienst"]),
        (settled, ["Die Gebühr ist bezahlt", "Zahlungsbestätigung ansehen"]),
        (mismatched, ["120,01\u00a0€ statt 120,00\u00a0€", "Weiter zum Bezahldienst"]),
        (overpaid, ["Die Gebühr ist bezahlt", "Die Gebühr ist zweimal bezahlt worden"]),
    ],
)
async def test_each_state_says_what_it_is(
    payer: Any, happens: Callable[[Any], Awaitable[None]], words: list[str]
) -> None:
    await happens(payer)
    html = (await payer.page()).text
    for said in (*words, "120,00\u00a0€", "Stadt Heidelberg", "Gebühr zum Antrag HD-7K2M-9QXC"):
        assert said in html
    structure = Structure(html)
    assert structure.seen[0][0] == "main"
    assert [structure.count(tag) for tag in ("main", "h1", "script", "style")] == [1, 1, 0, 0]
    assert not any(name.startswith("on") or name == "style" for _, attrs in structure.seen for name in attrs)
    for _, attrs in structure.seen:
        if label := attrs.get("aria-labelledby"):
            assert f'id="{label}"' in html
    links = re.findall(r'(?:href|action)="([^"]*)"', html)
    assert links
    assert all(path.startswith("/heidelberg/") for path in links)


@pytest.mark.parametrize(
    ("language", "pay", "receipt"),
    [
        ("en", ["Pay the fee", "How it goes on", "Go on to the payment provider"], "Confirmation of payment"),
        ("de-simple", ["Weiter zum Bezahlen", "Wie wollen Sie bezahlen?"], "Bestätigung: Sie haben bezahlt"),
        ("de", ["Weiter zum Bezahldienst"], "Zahlungsbestätigung"),
        ("fr", ["Weiter zum Bezahldienst"], "Zahlungsbestätigung"),
    ],
)
async def test_the_pages_speak_the_application_s_language(
    payer_of: Callable[..., Awaitable[Any]], language: str, pay: list[str], receipt: str
) -> None:
    payer = await payer_of(language=language)
    html = (await payer.page()).text
    shown = "de" if language == "fr" else language
    for words in (*pay, f'<main id="main" class="kern-stack-xl" lang="{shown}">'):
        assert words in html
    await settled(payer)
    kept = (await payer.browser.get(f"/pay/{payer.application}/receipt")).text
    Structure(kept)
    assert f"{receipt}</h1>" in kept
    assert f'lang="{shown}"' in kept


@pytest.mark.parametrize("language", ["en", "de-simple"])
@pytest.mark.parametrize(
    "happens", [opened, started, canceled, refused, unknown, forgotten, settled, mismatched, overpaid]
)
async def test_every_state_is_said_in_every_language(
    payer_of: Callable[..., Awaitable[Any]], language: str, happens: Callable[[Any], Awaitable[None]]
) -> None:
    payer = await payer_of(language=language)
    await (payer.clicks() if happens is unknown else happens(payer))
    answer = await payer.page()
    assert answer.status_code == 200
    Structure(answer.text)


def test_every_way_to_pay_is_said_in_every_language() -> None:
    said = [*USED.values(), *(text for method in METHODS for text in (method.title, method.text))]
    assert [words for words in said if words not in PHRASES] == []


async def test_what_comes_from_elsewhere_is_text(payer_of: Callable[..., Awaitable[Any]]) -> None:
    payer = await payer_of("<b>&")
    html = (await payer.page()).text
    assert "<b>" not in html
    assert "Gebühr zum Antrag &lt;b&gt;&amp;" in html


async def test_the_receipt_can_be_kept(bench: Bench, payer: Any) -> None:
    bench.clock.forward(hours=14, minutes=30)
    page = await payer.goes()
    await payer.provider.post(page, data={"decision": "pay", "method": "CREDITCARD"})
    await payer.page()
    number = (await payer.payment())["receipt_number"]
    html = (await payer.browser.get(f"/pay/{payer.application}/receipt")).text
    Structure(html)
    for words in (number, "120,00\u00a0€", "03.03.2026, 00:30 Uhr", "HD-7K2M-9QXC", "Kreditkarte"):
        assert words in html


async def test_what_was_paid_by_giropay_stays_readable(payer: Any) -> None:
    """giropay ended on 31 December 2024: nobody is offered it, old payments say so."""
    page = await payer.goes()
    assert "giropay" not in (await payer.provider.get(page)).text.lower()
    assert "giropay" not in (await payer.page()).text.lower()
    await payer.provider.post(page, data={"decision": "pay", "method": "GIROPAY"})
    await payer.page()
    assert "giropay (bis 31.12.2024)" in (await payer.browser.get(f"/pay/{payer.application}/receipt")).text


@pytest.mark.parametrize("demo", [True, False])
async def test_a_made_up_fee_is_called_so_and_no_other(payer_of: Any, demo: bool) -> None:  # noqa: FBT001
    payer = await payer_of(demo_fee=demo)
    page = await payer.goes()
    # Besides, the days to pay are made up.
    assert (await payer.page()).text.count("Demodaten") == 1 + demo
    await payer.decides(page)
    await payer.page()
    receipt = (await payer.browser.get(f"/pay/{payer.application}/receipt")).text
    assert "120,00" in receipt
    assert ("Demodaten" in receipt) is demo
    assert (await payer.payment())["demo"] is demo


@pytest.mark.parametrize("demo", [True, False])
async def test_a_demo_city_says_that_no_money_flows(
    payments_of: Callable[..., Awaitable[Bench]],
    payer_of: Callable[..., Awaitable[Any]],
    tmp_path: Path,
    demo: bool,  # noqa: FBT001
) -> None:
    shutil.copytree(CITIES, tmp_path / "cities")
    city = tmp_path / "cities/heidelberg/city.toml"
    city.write_text(city.read_text().replace("demo = true", f"demo = {str(demo).lower()}"))
    payer = await payer_of(at=await payments_of(cities=tmp_path / "cities"))
    assert ("es fließt kein Geld" in (await payer.page()).text) is demo


@pytest.mark.parametrize(("room", "kind"), [(api, "api"), (citizen, "page"), (desk, "page")])
def test_what_a_browser_asks_for_is_a_page(room: Any, kind: str) -> None:
    """The gateway answers a refusal of a page in the portal's frame, that of an api as JSON."""
    routes = Manifest.of("mash_payments").routes
    paths = [route.path for route in room.router.routes if isinstance(route, APIRoute)]
    assert paths
    for path in paths:
        assert {route.kind for route in routes if f"{path}/".startswith(f"{route.path}/")} == {kind}, path


async def test_an_address_that_names_no_application_is_refused(bench: Bench) -> None:
    for path in ("/pay/no-id", "/pay/no-id/receipt"):
        answer = await bench.client().get(path)
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["?application_id"]
    assert (await bench.visitor().get("/pay/no-id")).status_code == 401
