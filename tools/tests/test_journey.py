# SPDX-License-Identifier: EUPL-1.2
"""The journey's browser: what it finds on a page, what it sends, how it says that something is missing."""

from urllib.parse import parse_qs

import httpx
import pytest

from mash_tools.journey.browser import Browser, NotThere

PAGE = """<!doctype html><title>Antrag</title><style>h1 {color: red}</style>
<main><h1>Antrag</h1> <a href="/more">Mehr <b>dazu</b></a>
<form method="post" action="/send?a=1">
<input type="hidden" name="csrf" value="t&amp;t"><input name="plate" value="alt">
<input type="radio" name="keeper" value="no" checked><input type="radio" name="keeper" value="yes">
<input type="checkbox" name="news" value="on"><textarea name="reason">weil</textarea>
<button type="button">Passwort zeigen</button>
<button type="submit" name="outcome" value="NO">Ablehnen</button>
<button name="outcome" value="YES"><span>Endgültig
genehmigen</span></button></form></main>"""


class Portal:
    """Answers with the page, and remembers what it was sent."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path == "/silent":
            raise httpx.ConnectError("nobody")
        if request.method == "POST":
            back = {"location": "/page", "set-cookie": "session=1; Path=/; Secure; HttpOnly"}
            return httpx.Response(303, headers=back)
        return httpx.Response(200, html=PAGE)


def test_a_form_is_sent_as_a_browser_would() -> None:
    portal = Portal()
    with Browser(transport=httpx.MockTransport(portal)) as browser:
        page = browser.open("http://portal.example/page")
        browser.press(page, "Endgültig genehmigen", plate="neu")
    _, sent, after = portal.asked
    assert str(sent.url) == "http://portal.example/send?a=1"
    assert sent.headers["origin"] == "http://portal.example"
    assert parse_qs(sent.content.decode()) == {
        "csrf": ["t&t"], "plate": ["neu"], "keeper": ["no"], "reason": ["weil"], "outcome": ["YES"],
    }  # fmt: skip
    assert (after.method, after.headers["cookie"]) == ("GET", "session=1")


def test_a_page_says_what_a_person_reads() -> None:
    with Browser(transport=httpx.MockTransport(Portal())) as browser:
        page = browser.open("http://portal.example/page?who=anna")
    assert page.words.startswith("Antrag Mehr dazu")
    assert "color" not in page.words
    assert page.link("Mehr dazu") == "http://portal.example/more"


def test_what_is_missing_is_named_without_the_query() -> None:
    with Browser(transport=httpx.MockTransport(Portal())) as browser:
        page = browser.open("http://portal.example/page?who=anna")
        with pytest.raises(
            NotThere, match=r"no button “Passwort zeigen” at http://portal.example/page \(200\)"
        ):
            browser.press(page, "Passwort zeigen")
        with pytest.raises(
            NotThere, match=r"nobody answers at http://portal.example/silent \(ConnectError\)"
        ):
            browser.open("http://portal.example/silent?who=anna")
