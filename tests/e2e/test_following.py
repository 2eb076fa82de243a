# SPDX-License-Identifier: EUPL-1.2
"""A form in a browser with scripts: it follows what is answered without being left, and loses nothing."""

import asyncio
import base64
from collections.abc import Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Page, Route, expect

from mash_tools.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Person = Callable[..., Awaitable[Page]]
ADDRESS = {"street": "Marktplatz", "house_number": "10", "postal_code": "69117", "town": "Heidelberg"}
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FIRST, SECOND = "children.0", "children.1"


@pytest_asyncio.fixture(loop_scope="session")
async def anna(platform: Platform, person: Person) -> Page:
    """Anna, at the question for her children; leaving the page clears what it remembers."""
    page = await person(width=390, height=844)
    await page.goto(f"{platform.url}/heidelberg/apply/krippenplatz")
    await page.fill("#username", "anna")
    await page.fill("#password", "demo")
    await page.click("#kc-login")
    await page.get_by_role("button", name="Weiter", exact=True).last.click()
    for name, value in ADDRESS.items():
        await page.fill(f"[name={name}]", value)
    await page.get_by_role("button", name="Weiter", exact=True).last.click()
    await page.wait_for_url("**/children")
    await page.evaluate("window.same = true")
    return page


async def follows(page: Page) -> None:
    await expect(page.locator("form[data-follows][aria-busy]")).to_have_count(0)
    assert await page.evaluate("window.same"), "the page was left"


async def test_questions_come_and_go_with_the_answers(anna: Page) -> None:
    await anna.fill(f"[name='{FIRST}.name']", "Ida")
    yes = anna.locator(f"[name='{FIRST}.is_born'][value='true']")
    await yes.check()
    await expect(anna.get_by_label("Geburtsdatum")).to_be_visible()
    await expect(yes).to_be_focused()
    await expect(anna.locator("[data-news]")).to_have_text(
        "Aus Ihren Angaben ergeben sich weitere Fragen auf dieser Seite."
    )
    await expect(anna.get_by_text("Ihre Angaben sind gespeichert.")).to_be_visible()
    await anna.locator(f"[name='{FIRST}.is_born'][value='false']").check()
    await expect(anna.get_by_label("Errechneter Geburtstermin")).to_be_visible()
    await expect(anna.get_by_label("Geburtsdatum")).to_have_count(0)
    await follows(anna)
    await anna.reload()
    await expect(anna.locator(f"[name='{FIRST}.name']")).to_have_value("Ida")
    await expect(anna.get_by_label("Errechneter Geburtstermin")).to_be_visible()


async def test_rows_are_added_and_removed_where_one_is(anna: Page) -> None:
    await anna.fill(f"[name='{FIRST}.name']", "Ida")
    await anna.get_by_role("button", name="Weiteres Kind hinzufügen").click()
    await expect(anna.locator(f"[name='{SECOND}.name']")).to_be_focused()
    await anna.keyboard.type("Jan")
    await anna.get_by_role("button", name="Kind 1 entfernen").click()
    await expect(anna.locator(f"[name='{SECOND}.name']")).to_have_count(0)
    await expect(anna.locator(f"[name='{FIRST}.name']")).to_have_value("Jan")
    await follows(anna)


async def test_a_fault_is_said_at_its_field_once_it_was_answered(anna: Page) -> None:
    await anna.locator(f"[name='{FIRST}.is_born'][value='false']").check()
    await anna.get_by_label("Errechneter Geburtstermin").fill("2020-01-01")
    await anna.locator("[name=sibling]").focus()
    await expect(anna.locator(".kern-form-input--error")).to_have_count(1)
    await expect(anna.locator("#faults")).to_have_count(0)
    await anna.get_by_label("Errechneter Geburtstermin").fill("2099-01-01")
    await anna.locator("[name=sibling]").focus()
    await expect(anna.locator(".kern-form-input--error")).to_have_count(0)
    await follows(anna)


async def test_what_is_typed_while_an_answer_is_on_its_way_stays(anna: Page) -> None:
    release = asyncio.Event()

    async def hold(route: Route) -> None:
        await release.wait()
        await route.continue_()

    await anna.route("**/children", hold)
    await anna.locator(f"[name='{FIRST}.is_born'][value='true']").check()
    await anna.fill(f"[name='{FIRST}.name']", "Ida Sophie")
    # Whoever goes on meanwhile sees the question that comes up before the page is left.
    await anna.get_by_role("button", name="Weiter", exact=True).last.click()
    release.set()
    await expect(anna.get_by_label("Geburtsdatum")).to_be_focused()
    await expect(anna.locator(f"[name='{FIRST}.name']")).to_have_value("Ida Sophie")
    await follows(anna)


async def test_a_service_that_does_not_answer_is_asked_as_without_a_script(anna: Page) -> None:
    await anna.route(
        "**/children",
        lambda route: route.abort() if route.request.resource_type == "fetch" else route.continue_(),
    )
    await anna.locator(f"[name='{FIRST}.is_born'][value='true']").check()
    await anna.fill(f"[name='{FIRST}.name']", "Ida")
    await anna.get_by_role("button", name="Weiter", exact=True).last.click()
    await anna.wait_for_url("**/children?*")
    await expect(anna.get_by_label("Geburtsdatum")).to_be_visible()
    await expect(anna.locator(f"[name='{FIRST}.name']")).to_have_value("Ida")


async def test_a_question_for_a_file_that_comes_up_takes_a_file(platform: Platform, person: Person) -> None:
    page = await person(width=390, height=844)
    await page.goto(f"{platform.url}/heidelberg/apply/urkundenbestellung")
    await page.fill("#username", "anna")
    await page.fill("#password", "demo")
    await page.click("#kc-login")
    await page.locator("[name=kind][value=birth]").check()
    for name, value in {"given_name": "Eva", "family_name": "Muster", "date": "1950-05-01"}.items():
        await page.fill(f"[name=event_{name}]", value)
    await page.get_by_role("button", name="Weiter", exact=True).last.click()
    await page.wait_for_url("**/person")
    await page.get_by_role("button", name="Weiter", exact=True).last.click()
    await page.wait_for_url("**/right")
    await page.locator("[name=relation][value=other]").check()
    chosen = FilePayload(name="vollmacht.png", mimeType="image/png", buffer=PICTURE)
    await page.locator("input[type=file][name=proof]").set_input_files([chosen])
    await page.get_by_role("button", name="Datei hochladen").click()
    await expect(page.get_by_role("link", name="vollmacht.png")).to_be_visible()
