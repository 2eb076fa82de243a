# SPDX-License-Identifier: EUPL-1.2
"""Every form through the browser, filled in from its own file: to the decision's letter, or to the hand-over.

Each form in one city; MASH_ALL_FORMS=1 (./mash soak) takes all forms of all cities.
"""

import asyncio
import io
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest
from playwright.async_api import FilePayload, Page, expect

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.filling import Filled
from mash_forms.model.form import APPOINTMENT, Field, Form
from mash_forms.model.numbers import number_said
from mash_forms.service.signatures import cosigner_in
from mash_sdk.testing.patience import until
from mash_tools.journey.answers import answered
from mash_tools.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Person = Callable[..., Awaitable[Page]]
CITIES = Path(__file__).parents[2] / "cities"
CITY_NAMES = ("heidelberg", "heilbronn", "mannheim")
SEEDS = {"baugenehmigung": 16, "nebenwohnsitz": 7}
"""By these somebody applies for a company, and the landlord signs online."""
MOST_PAGES = 40
"""A form that asks for more pages than this goes round in circles."""


def _forms() -> dict[tuple[str, str], Form]:
    files = CityFiles(CITIES)
    return {(city, form.name): form for city in CITY_NAMES for form in asyncio.run(files.forms(city))}


FORMS = _forms()
NAMES = sorted({name for _, name in FORMS})
ONE_CITY_EACH = [(CITY_NAMES[at % len(CITY_NAMES)], name) for at, name in enumerate(NAMES)]
WALKED = sorted(FORMS) if os.environ.get("MASH_ALL_FORMS") else ONE_CITY_EACH


async def test_there_are_nine_in_each_city() -> None:
    assert len(NAMES) == 9
    assert len(FORMS) == 27


@pytest.mark.parametrize(("city", "name"), WALKED, ids=["/".join(place) for place in WALKED])
async def test_from_first_click_to_the_end(platform: Platform, person: Person, city: str, name: str) -> None:
    form = FORMS[city, name]
    filled = answered(form, datetime.now(UTC).date(), seed=SEEDS.get(name, len(name)))
    start = f"{platform.url}/{city}"
    anna = await person(width=390, height=844)
    await anna.goto(f"{start}/services/{name}")
    await expect(anna.get_by_role("heading", level=1)).to_have_text(form.title)
    await anna.get_by_role("link", name="Jetzt vorbereiten" if form.handover else "Jetzt beantragen").click()
    await _log_in(anna, "anna")
    await _fills_in(anna, form, filled)
    if form.handover is not None:
        await _takes_it_along(anna, form)
        return
    if cosigner_in(filled) is not None:
        await _signs_too(anna, await person(), start)
    await anna.get_by_role("button", name=re.compile("beantragen|abgeben")).click()
    await anna.wait_for_url(re.compile(r"/account/applications/[0-9a-f-]{36}$"))
    application = anna.url.rpartition("/")[2]
    if filled.fee is not None:
        await _pays(anna, application)
    await _approves(await person(), await person(), start, application)
    await _gets_the_letter(anna, form, f"{start}/account/applications/{application}")


async def _signs_too(anna: Page, bernd: Page, start: str) -> None:
    """Somebody else signs with the code that the applicant passes on, and the applicant goes on."""
    await anna.get_by_role("button", name="Code für die Unterschrift holen").click()
    code = await anna.locator("main strong").inner_text()
    await bernd.goto(f"{start}/cosign")
    await _log_in(bernd, "bernd")
    await bernd.get_by_label("Code").fill(code)
    await bernd.get_by_role("button", name="Weiter").click()
    await bernd.get_by_role("checkbox").check()
    await bernd.get_by_role("button", name="Unterschreiben", exact=True).click()
    await expect(bernd.locator("main")).to_contain_text("Sie haben unterschrieben")
    await anna.get_by_role("link", name="Zurück zum Antrag").click()


async def _log_in(page: Page, username: str) -> None:
    await page.fill("#username", username)
    await page.fill("#password", "demo")
    await page.click("#kc-login")


async def _fills_in(anna: Page, form: Form, filled: Filled) -> None:
    """Page by page until the review, each field as its file says."""
    for _ in range(MOST_PAGES):
        if anna.url.partition("?")[0].endswith("/review"):
            return
        action = await anna.locator("form[action*='/apply/'] >> nth=-1").get_attribute("action") or ""
        step = action.rpartition("/")[2]
        section = next(one for one in form.sections if one.id == step)
        for field in section.fields:
            await _answers(anna, field, filled.data)
        await anna.get_by_role("button", name="Weiter", exact=True).last.click()
        await anna.wait_for_load_state()
        faults = anna.locator("#faults")
        assert await faults.count() == 0, f"{step}: {await faults.inner_text()}"
    raise AssertionError(f"{form.name} never comes to its review: {anna.url}")


async def _answers(anna: Page, field: Field, data: Mapping[str, Any]) -> None:
    if field.widget == APPOINTMENT:
        await anna.locator(f"[name='{field.name}'][value*='T']").first.check()
        await _follows(anna)
        return
    if field.name not in data:
        return
    if field.is_group:
        await _rows(anna, field, data[field.name])
    elif field.widget == "upload":
        await _uploads(anna, field)
    else:
        await _one(anna, field, field.name, data[field.name])


async def _rows(anna: Page, group: Field, rows: list[Mapping[str, Any]]) -> None:
    for _ in range(len(rows)):
        if await anna.locator(f"input[name='{group.name}.{len(rows) - 1}']").count():
            break
        await anna.get_by_role("button", name=group.add, exact=True).click()
        await _follows(anna)
    for at, row in enumerate(rows):
        for inside in group.fields:
            if inside.name in row:
                await _one(anna, inside, f"{group.name}.{at}.{inside.name}", row[inside.name])


async def _one(anna: Page, field: Field, name: str, value: Any) -> None:
    """Answer it, if it is asked by now."""
    there = anna.locator(f"[name='{name}']")
    if not await there.count():
        return
    if field.widget == "radio":
        posted = next(option.posted for option in field.options if option.value == value)
        await anna.locator(f"[name='{name}'][value='{posted}']").check()
    elif field.widget == "checkbox":
        await there.set_checked(bool(value))
    elif field.widget == "select":
        posted = next(option.posted for option in field.options if option.value == value)
        await there.select_option(posted)
    else:
        await there.fill(number_said(value, "de") if field.widget == "number" else str(value))
        await there.blur()
    await _follows(anna)


async def _follows(anna: Page) -> None:
    """Wait until the page has followed what was answered, as people see it do."""
    await expect(anna.locator("form[data-follows][aria-busy]")).to_have_count(0)


async def _uploads(anna: Page, field: Field) -> None:
    chosen = anna.locator(f"input[type=file][name='{field.name}']")
    for at in range(max(field.least, 1)):
        name = f"{field.name}-{at}.pdf"
        if await anna.get_by_role("link", name=name).count():
            continue
        await chosen.set_input_files([FilePayload(name=name, mimeType="application/pdf", buffer=_plan())])
        await anna.get_by_role("button", name="Datei hochladen").first.click()
        await expect(anna.get_by_role("link", name=name)).to_be_visible()


def _plan() -> bytes:
    """A PDF of one empty page, which every upload of our forms takes."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


async def _takes_it_along(anna: Page, form: Form) -> None:
    """The document says what was answered and who decides; nothing was handed in."""
    await anna.get_by_role("link", name="Weiter zu Ihren Unterlagen").click()
    await expect(anna.locator("main")).to_contain_text("Das ist noch kein Antrag")
    await expect(anna.locator("main")).to_contain_text(f"Darüber entscheidet: {form.office.title}")
    said = await _pdf(anna, "Dokument herunterladen")
    assert "Das ist noch kein Antrag" in said
    assert "Beispiel" in said
    await anna.goto(anna.url.partition("/apply/")[0] + "/account")
    await expect(anna.locator("main")).to_contain_text("hier wird nichts abgegeben")


async def _pays(anna: Page, application: str) -> None:
    await anna.get_by_role("link", name="Jetzt bezahlen").click()
    await _reload_until(anna, "Weiter zum Bezahldienst")
    await anna.get_by_role("button", name="Weiter zum Bezahldienst").click()
    await expect(anna.get_by_role("note")).to_contain_text("Simulator")
    await anna.get_by_role("button", name="Bezahlen").click()
    await anna.wait_for_url(re.compile(rf"/pay/{application}"))
    await _reload_until(anna, "Die Gebühr ist bezahlt")


async def _approves(kurt: Page, lena: Page, start: str, application: str) -> None:
    await kurt.goto(f"{start}/desk/applications/{application}")
    await _log_in(kurt, "kurt")
    await _reload_until(kurt, "In Bearbeitung nehmen")
    await kurt.get_by_role("button", name="In Bearbeitung nehmen").click()
    proof = kurt.get_by_role("button", name="Nachweis bestätigen")
    if await proof.count():
        await proof.click()
    await kurt.get_by_role("button", name="Genehmigen …").click()
    alone = kurt.get_by_role("button", name="Endgültig genehmigen")
    if await alone.count():
        await alone.click()
    else:
        await kurt.get_by_role("button", name="Genehmigung vorschlagen").click()
        await _confirms(lena, kurt.url)
        await kurt.reload()
    await expect(kurt.locator("main")).to_contain_text("Genehmigt")


async def _confirms(lena: Page, address: str) -> None:
    """Where two decide, a colleague agrees."""
    await lena.goto(address)
    await _log_in(lena, "lena")
    await lena.get_by_role("button", name="Zustimmen und endgültig entscheiden").click()
    await expect(lena.locator("main")).to_contain_text("Genehmigt")


async def _gets_the_letter(anna: Page, form: Form, address: str) -> None:
    await anna.goto(address)
    await _reload_until(anna, "(PDF, ")
    await expect(anna.locator("main")).to_contain_text("Ihr Antrag ist genehmigt")
    title = form.letters[next(iter(form.letters))].title
    assert " ".join(title.split()) in await _pdf(anna, "(PDF, ")


async def _pdf(page: Page, words: str) -> str:
    """What the PDF behind a link says; it is tagged."""
    href = await page.get_by_role("link", name=words).first.get_attribute("href")
    answer = await page.request.get(str(httpx.URL(page.url).join(href or "")))
    assert answer.status == 200
    pdf = pypdf.PdfReader(io.BytesIO(await answer.body()))
    root: Any = pdf.root_object
    assert root["/MarkInfo"]["/Marked"]
    return " ".join(" ".join(one.extract_text() for one in pdf.pages).split())


async def _reload_until(page: Page, text: str) -> None:
    """People reload a page that says it takes a moment; so does this."""

    async def there() -> bool:
        if text in await page.locator("main").inner_text():
            return True
        await page.reload()
        return False

    await until(there, f"{page.url} never says {text!r}", within=60)
