# SPDX-License-Identifier: EUPL-1.2
"""The words: German, accessible, and silent about what was decided."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mash_notify.gateways.letters import Letters
from mash_notify.gateways.phrases import TRANSLATED
from mash_notify.gateways.senders import senders_of
from mash_notify.model import Kind
from mash_notify.service.notices import WriteNotice
from mash_sdk.tenants import Tenants

MIDNIGHT = datetime(2026, 4, 15, 22, tzinfo=UTC)
KINDS = (Kind.RECEIVED, Kind.DECISION, Kind.QUESTION, Kind.WRITTEN, *sorted(TRANSLATED))
CITIES = Path(__file__).parents[3] / "cities"


@pytest.fixture
def tenants() -> Tenants:
    return Tenants.load(CITIES, "https://portal.example")


def notice(kind: Kind, *, reference: str = "HD-7K2M-9QXC", office: str = "Bürgeramt") -> WriteNotice:
    return WriteNotice(
        about="a1",
        kind=kind,
        service_title="Bewohnerparkausweis",
        reference=reference,
        path="/account/applications/a1",
        office=office,
        until=MIDNIGHT,
    )


class Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_says_who_what_and_where(tenants: Tenants, kind: Kind) -> None:
    letter = Letters(tenants).write("heidelberg", notice(kind), "Anna Beispiel")
    assert "HD-7K2M-9QXC" in letter.subject
    assert "\n" not in letter.subject
    link = "https://portal.example/heidelberg/account/applications/a1"
    for words in (letter.text, letter.html):
        assert "Guten Tag Anna Beispiel," in words
        assert "Bewohnerparkausweis" in words
        assert link in words
        assert "Bürgeramt" in words
        assert "Stadt Heidelberg" in words
        assert "Demodaten" in words


def test_the_service_is_not_named_where_others_may_read_it(tenants: Tenants) -> None:
    for kind in KINDS:
        assert "Bewohnerparkausweis" not in Letters(tenants).write("heidelberg", notice(kind), "A").subject


def test_a_decision_is_announced_and_not_told(tenants: Tenants) -> None:
    letter = Letters(tenants).write("heidelberg", notice(Kind.DECISION), "Anna")
    assert "gibt es eine Entscheidung" in letter.text
    told = (letter.subject + letter.text + letter.html).lower()
    for word in ("genehmig", "bewillig", "abgelehnt", "ablehnung", "stattgegeben"):
        assert word not in told


@pytest.mark.parametrize("kind", KINDS)
def test_html_is_plain_and_accessible(tenants: Tenants, kind: Kind) -> None:
    outline = Outline()
    outline.feed(Letters(tenants).write("heidelberg", notice(kind), "Anna").html)
    tags = [tag for tag, _ in outline.tags]
    assert ("html", {"lang": "de"}) in outline.tags
    assert tags.count("h1") == 1
    assert "title" in tags
    assert not {"img", "script", "table", "iframe", "form"} & set(tags)
    assert [attributes["href"] for tag, attributes in outline.tags if tag == "a"]


def test_names_are_escaped_in_html_and_plain_in_text(tenants: Tenants) -> None:
    letter = Letters(tenants).write("heidelberg", notice(Kind.RECEIVED), '<b>"O\'Hara" & Co</b>')
    assert "<b>" not in letter.html
    assert "&lt;b&gt;" in letter.html
    assert '<b>"O\'Hara" & Co</b>' in letter.text


def test_without_name_or_office_nothing_hangs_in_the_air(tenants: Tenants) -> None:
    letter = Letters(tenants).write("heidelberg", notice(Kind.RECEIVED, office=""), "")
    assert "Guten Tag," in letter.text
    assert "Bei Fragen" not in letter.text + letter.html


def test_a_reference_cannot_break_the_subject(tenants: Tenants) -> None:
    odd = notice(Kind.RECEIVED, reference="HD\nBcc: x@example.org")
    assert "\n" not in Letters(tenants).write("heidelberg", odd, "Anna").subject


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "breaks", ["\n\n", "\r\n", "\x0b", "\x1c", "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\u2066"]
)
def test_nothing_others_wrote_begins_a_line(tenants: Tenants, kind: Kind, breaks: str) -> None:
    typed = f"x{breaks}Ihr Konto ist gesperrt{breaks}"
    odd = replace(notice(kind, reference=typed, office=typed), service_title=typed)
    calm = replace(notice(kind, reference="x", office="x"), service_title="x")
    letter = Letters(tenants).write("heidelberg", odd, typed)
    expected = Letters(tenants).write("heidelberg", calm, "x")
    for written, as_planned in (
        (letter.subject, expected.subject),
        (letter.text, expected.text),
        (letter.html, expected.html),
    ):
        assert written.replace("x Ihr Konto ist gesperrt", "x") == as_planned


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("en", "Money back for your application HD-7K2M-9QXC", "Please do not answer this e-mail."),
        ("de-simple", "Geld zurück für Ihren Antrag HD-7K2M-9QXC", "Diese Nachricht schreibt ein Computer."),
        ("fr", "Geld zurück zu Ihrem Antrag HD-7K2M-9QXC", "Bitte antworten Sie nicht auf diese E-Mail."),
    ],
)
def test_a_translated_letter_is_all_in_the_application_s_language(
    tenants: Tenants, language: str, subject: str, words: str
) -> None:
    letters = Letters(tenants)
    letter = letters.write("heidelberg", notice(Kind.REFUNDED), "Anna", language)
    assert letter.subject == letters.note("heidelberg", notice(Kind.REFUNDED), language)[0] == subject
    outline = Outline()
    outline.feed(letter.html)
    assert ("html", {"lang": "de" if language == "fr" else language}) in outline.tags
    for told in (letter.text, letter.html):
        assert words in told
        assert ("Guten Tag" in told) is (language != "en")


@pytest.mark.parametrize("language", ["de", "en", "de-simple"])
@pytest.mark.parametrize("kind", sorted(TRANSLATED))
def test_every_translated_letter_is_said_in_every_language(
    tenants: Tenants, kind: Kind, language: str
) -> None:
    letters = Letters(tenants)
    letter = letters.write("heidelberg", notice(kind), "Anna", language)
    title, told = letters.note("heidelberg", notice(kind), language)
    assert title == letter.subject
    assert "HD-7K2M-9QXC" in title
    timed = kind in {Kind.PAYMENT_REMINDER, Kind.PAYMENT_OVERDUE}
    for words in (letter.text, letter.html, told):
        assert "{" not in words
        assert ("15.04.2026" in words) is timed
    german = letters.write("heidelberg", notice(kind), "Anna")
    assert (letter.text == german.text) is (language == "de")


def test_a_letter_that_is_not_translated_is_all_german(tenants: Tenants) -> None:
    letters = Letters(tenants)
    for kind in set(KINDS) - TRANSLATED:
        assert letters.write("heidelberg", notice(kind), "A", "en") == letters.write(
            "heidelberg", notice(kind), "A", "de"
        )


def test_every_city_says_who_it_writes_as(tenants: Tenants) -> None:
    senders = senders_of(tenants)
    assert set(senders) == set(tenants)
    assert all("@" in sender.address and sender.name for sender in senders.values())
