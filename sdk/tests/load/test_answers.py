# SPDX-License-Identifier: EUPL-1.2
"""What load users read from an answer: a form as a browser would send it, links, and why something failed."""

import json

import pytest

from mash_sdk.load import Answer, Unexpected

PAGE = """
<main><a href="/a/one">1</a> <a href="two">2</a> <a href="/a/one">again</a>
<form action="/search"><input name="q"></form>
<form method="post" action="/apply/permit?x=1">
  <input type="hidden" name="csrf" value="a&amp;b"><input name="given_name" value="Anna"><input name="empty">
  <input type="radio" name="keeper" value="true"><input type="radio" name="keeper" value="false" checked>
  <input type="checkbox" name="news" value="yes">
  <textarea name="reason">
two
lines</textarea>
  <select name="first"><option value="a">A</option><option value="b">B</option></select>
  <select name="chosen"><option value="">…</option><option value="b" selected>B</option></select>
  <button name="outcome" value="APPROVED">Ja</button>
</form></main>
"""


def answer(body: str, status: int = 200, kind: str = "text/html", **headers: str) -> Answer:
    return Answer("http://localhost/city/page", status, {"content-type": kind, **headers}, body.encode())


def test_a_form_holds_what_a_browser_would_send() -> None:
    form = answer(PAGE).form("/apply/")
    assert form.action == "http://localhost/apply/permit?x=1"
    assert form.fields == {
        "csrf": "a&b",
        "given_name": "Anna",
        "empty": "",
        "keeper": "false",
        "reason": "two\nlines",
        "first": "a",
        "chosen": "b",
    }
    assert answer(PAGE).form("keeper") == form
    assert answer("<form><input name=a></form>").form().action == "http://localhost/city/page"


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(Unexpected, match="no form '/pay/'"):
        answer(PAGE).form("/pay/")
    with pytest.raises(Unexpected, match="no field id, only csrf"):
        answer(PAGE).form("/apply/")["id"]
    with pytest.raises(Unexpected, match="200 leads nowhere"):
        _ = answer(PAGE).location
    with pytest.raises(Unexpected, match="no JSON"):
        answer(PAGE).json()


def test_links_and_redirects_are_absolute() -> None:
    assert answer(PAGE).links("/") == ["http://localhost/a/one", "http://localhost/city/two"]
    assert answer(PAGE).links("/a/") == ["http://localhost/a/one"]
    assert answer("", 303, location="/city/next").location == "http://localhost/city/next"


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (answer("", 502), "502"),
        (
            answer(json.dumps({"type": "urn:problem/wrong-tenant"}), 403, "application/problem+json"),
            "403 wrong-tenant",
        ),
        (Answer("http://localhost", 0, {}, b"ConnectionRefusedError"), "no answer: ConnectionRefusedError"),
        (answer("<html>", 500, "application/problem+json"), "500"),
    ],
)
def test_why_it_failed_says_no_more_than_the_kind(found: Answer, reason: str) -> None:
    assert found.reason == reason
