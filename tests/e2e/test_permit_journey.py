# SPDX-License-Identifier: EUPL-1.2
"""The permit journey in a browser: from first click to payment, decision, e-mail and PDF."""

import io
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import httpx
import pypdf
import pytest
from playwright.async_api import Page, expect

from mash_sdk.testing.patience import until
from mash_tools.journey.told import Edge, letters, traces
from mash_tools.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Person = Callable[..., Awaitable[Page]]
SLOW = 30_000


async def log_in(page: Page, username: str) -> None:
    """Fill in Keycloak's page; the demo realm's password is no secret."""
    await page.fill("#username", username)
    await page.fill("#password", "demo")
    await page.click("#kc-login")


async def test_permit_journey(platform: Platform, person: Person) -> None:
    city = f"{platform.url}/heidelberg"
    anna = await person(width=390, height=844)
    await _finds_the_service(anna, city)
    application_id = await _hands_in(anna)
    await _pays(anna, application_id)
    await _approves(await person(), city, application_id)
    await _gets_a_letter(platform, application_id)
    await _finds_the_permit(anna, city, application_id)
    await _traces_tell_it(platform, application_id)
    await _operators_see_it(platform, person, application_id)


async def _finds_the_service(anna: Page, city: str) -> None:
    await anna.goto(f"{city}/")
    await anna.get_by_role("searchbox").fill("Anwohnerparken")
    await anna.keyboard.press("Enter")
    await anna.get_by_role("link", name="Bewohnerparkausweis").first.click()
    await expect(anna.get_by_role("heading", level=1)).to_have_text("Bewohnerparkausweis")


async def _hands_in(anna: Page) -> str:
    # She logs in on the way to the form, and comes back to it.
    await anna.get_by_role("link", name=re.compile("beantragen", re.IGNORECASE)).first.click()
    await log_in(anna, "anna")
    await expect(anna.locator("main")).to_contain_text("Bewohnerparkausweis: Schritt 1 von 4")
    await expect(anna.get_by_label("E-Mail-Adresse")).to_have_value("anna@heidelberg.example")
    await anna.get_by_role("button", name="Weiter", exact=True).last.click()

    # What is missing is said at its field and in a summary, which leads there.
    await expect(anna.locator("main")).to_contain_text("Schritt 2 von 4")
    # Her address is filled in from her account; she says where the car stands.
    await expect(anna.get_by_label("Postleitzahl")).to_have_value("69117")
    await anna.get_by_label("Postleitzahl").fill("")
    await anna.get_by_label("Straße").fill("Hauptstraße")
    await anna.get_by_label("Hausnummer").fill("12 a")
    await anna.get_by_label("Hausnummer").press("Enter")
    await anna.get_by_role("alert").get_by_role("link", name=re.compile("Postleitzahl")).click()
    await expect(anna.get_by_label("Postleitzahl")).to_be_focused()
    await anna.get_by_label("Postleitzahl").fill("69117")

    # She puts it aside, and goes on from her account.
    await anna.get_by_role("button", name="Speichern und später weitermachen").click()
    await anna.get_by_role("link", name="Weitermachen").first.click()
    await expect(anna.locator("main")).to_contain_text("Schritt 3 von 4")
    await anna.get_by_label("Kennzeichen").fill("hd-ab 123")
    await anna.get_by_label("Ja", exact=True).check()
    await anna.locator("input[type=date]").fill("2027-01-01")
    await anna.get_by_role("button", name="Weiter", exact=True).last.click()
    await expect(anna.get_by_role("heading", level=1)).to_have_text("Prüfen und abgeben")
    await expect(anna.locator("main")).to_contain_text("Hauptstraße")
    await anna.get_by_role("button", name="beantragen").click()
    await anna.wait_for_url(re.compile(r"/account/applications/[0-9a-f-]{36}$"))
    return anna.url.rpartition("/")[2]


async def _pays(anna: Page, application_id: str) -> None:
    await anna.get_by_role("link", name="Jetzt bezahlen").click()
    await _reload_until(anna, "Weiter zum Bezahldienst")
    await anna.get_by_role("button", name="Weiter zum Bezahldienst").click()
    await expect(anna.get_by_role("note")).to_contain_text("Simulator")
    await anna.get_by_role("button", name="Bezahlen").click()
    await anna.wait_for_url(re.compile(rf"/heidelberg/pay/{application_id}"))
    await _reload_until(anna, "Die Gebühr ist bezahlt")
    await anna.get_by_role("link", name="Zahlungsbestätigung ansehen").click()
    await expect(anna.get_by_role("heading", level=1)).to_have_text("Zahlungsbestätigung")
    await expect(anna.locator("main")).to_contain_text("120,00")


async def _approves(kurt: Page, city: str, application_id: str) -> None:
    await kurt.goto(f"{city}/desk/applications/{application_id}")
    await log_in(kurt, "kurt")
    await _reload_until(kurt, "In Bearbeitung nehmen")
    await kurt.goto(f"{city}/desk")
    await kurt.locator(f"a[href$='{application_id}']").click()
    await kurt.get_by_role("button", name="In Bearbeitung nehmen").click()
    await kurt.get_by_role("button", name="Genehmigen …").click()
    await kurt.get_by_role("button", name="Endgültig genehmigen").click()
    await expect(kurt.locator("main")).to_contain_text("Genehmigt", timeout=SLOW)


async def _gets_a_letter(platform: Platform, application_id: str) -> None:
    """It says that there is something to read, and nothing of what."""
    [letter, *_] = await until(
        lambda: letters(platform.places, "Entscheidung", application_id), "no letter came"
    )
    assert letter["to"] == ["anna@heidelberg.example"]
    assert f"/heidelberg/account/applications/{application_id}" in letter["text"]
    assert "genehmigt" not in letter["text"].lower()
    assert "HD-AB 123" not in letter["text"]


async def _finds_the_permit(anna: Page, city: str, application_id: str) -> None:
    await anna.goto(f"{city}/account")
    await anna.locator(f"a[href$='{application_id}']").first.click()
    await expect(anna.locator("main")).to_contain_text("Ihr Antrag ist genehmigt")
    await _reload_until(anna, "(PDF, ")
    pdf = await _download(anna, anna.get_by_role("link", name=re.compile(r"\(PDF, ")))
    text = "\n".join(page.extract_text() for page in pdf.pages)
    assert "HD-AB 123" in text
    assert "Gültig vom" in text
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"], "the PDF is tagged"
    assert str(pdf.trailer["/Root"]["/Lang"]).startswith("de")


APPLY = "forms: POST /pages/apply/{name}/{draft_id}/review"
DECIDE = "forms: POST /pages/desk/applications/{application_id}/decision"
ASK = "mash.forms.v1.ApplicationService/GetNotice"
CASCADE = (
    ("portal-gw: POST /apply", APPLY),
    (APPLY, "forms: drafts.hand_in"),
    (APPLY, "payments: process ApplicationSubmitted"),
    (APPLY, "notify: process ApplicationSubmitted"),
    ("payments: checkout.returned", "forms: process PaymentSettled"),
    ("portal-gw: POST /desk", DECIDE),
    (DECIDE, "forms: desk.decide"),
    (DECIDE, "forms: process ApplicationDecided"),
    ("forms: process ApplicationDecided", "forms: documents.issue"),
    ("forms: process ApplicationDecided", "notify: process DocumentIssued"),
    ("notify: process DocumentIssued", f"notify: {ASK}"),
    (f"notify: {ASK}", f"forms: {ASK}"),
    (f"forms: {ASK}", "forms: notices.notice"),
    ("notify: process DocumentIssued", "notify: notify.write"),
    ("notify: notify.write", "notify: notify.deliver"),
    ("notify: notify.deliver", "notify: smtp"),
)
"""Parent and child: from a click through outbox, Kafka, handlers and gRPC to the letter that leaves."""


async def _traces_tell_it(platform: Platform, journey: str) -> None:
    """Each request and its cascade is one trace; the journey's id joins them."""

    async def told() -> Sequence[Edge]:
        return (await traces(platform.places, {"mash.journey.id": journey})).edges

    async def decided() -> bool:
        return set(CASCADE) <= set(await told())

    # Spans arrive in batches; what is missing in the end is named one by one.
    with suppress(AssertionError):
        await until(decided, "the cascade is not whole", within=20)
    edges = await told()
    for parent, child in CASCADE:
        assert (parent, child) in edges, f"{parent} → {child} is missing among\n" + "\n".join(
            f"{p} → {c}" for p, c in sorted(set(edges))
        )


async def _operators_see_it(platform: Platform, person: Person, journey: str) -> None:
    olga = await person()
    await olga.goto(f"{platform.url}/ops/traces?id={journey}")
    await log_in(olga, "olga")
    await expect(olga.locator("main")).to_contain_text("portal-gw")
    await olga.locator("main a[href*='/ops/traces/']").first.click()
    await expect(olga.locator("main")).to_contain_text("mash.journey.id")


async def _reload_until(page: Page, text: str) -> None:
    """People reload a page that says it takes a moment; so does this."""
    seen = ""

    async def there() -> bool:
        nonlocal seen
        seen = await page.locator("main").inner_text()
        if text in seen:
            return True
        await page.reload()
        return False

    try:
        await until(there, f"the page never says {text!r}", within=SLOW / 1000)
    except AssertionError as err:
        err.add_note(f"{page.url} says:\n{seen}")
        raise


async def _download(page: Page, link: Any) -> pypdf.PdfReader:
    href = await link.first.get_attribute("href")
    answer = await page.request.get(httpx.URL(page.url).join(href).__str__())
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    return pypdf.PdfReader(io.BytesIO(await answer.body()))
