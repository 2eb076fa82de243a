# SPDX-License-Identifier: EUPL-1.2
"""What the payer reads in every state: one main part, one heading, whole HTML, nothing inline, the amount."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from mash_payments.model import Attempt, AttemptState, Flag, Money, Payment, PaymentState
from mash_payments.views import pages, render
from mash_sdk.http import PageContext
from mash_sdk.identity import Principal
from mash_sdk.tenants import Tenant

NOW = datetime(2026, 5, 1, 22, 30, tzinfo=UTC)
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


def page(*, demo: bool = True) -> PageContext:
    tenant = Tenant(name="heidelberg", title="Heidelberg", full_title="Stadt <H>", ags="08221000", demo=demo)
    return PageContext(Principal("person", "heidelberg"), tenant, "/heidelberg", "token")


def payment(*states: AttemptState, flag: Flag | None = None) -> Payment:
    made = Payment("p", "a", "payer", "HD-7K2M-9QXC", Money(12000), "2026-0000-0042-26", NOW)
    made.attempts = [
        Attempt(str(number), "xbezahldienste", NOW, state, ended_at=NOW, paid=Money(12001), flag=flag)
        for number, state in enumerate(states)
    ]
    if made.open_attempt:
        made.state = PaymentState.STARTED
    if AttemptState.PAYED in states and flag is None:
        made.state, made.settled_at, made.settled_by = PaymentState.SETTLED, NOW, "0"
    return made


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (payment(), "Weiter zum Bezahldienst"),
        (payment(AttemptState.INITIAL), "Zahlung fortsetzen"),
        (payment(AttemptState.CANCELED), "Die Zahlung ist abgebrochen"),
        (payment(AttemptState.FAILED), "Die Zahlung ist fehlgeschlagen"),
        (payment(AttemptState.UNKNOWN), "Die letzte Zahlung kam nicht zustande"),
        (payment(AttemptState.PAYED), "Die Gebühr ist bezahlt"),
        (payment(AttemptState.PAYED, flag=Flag.MISMATCH), "120,01\u00a0€ statt 120,00\u00a0€"),
        (payment(AttemptState.PAYED, flag=Flag.OVERPAID), "Die Gebühr ist zweimal bezahlt worden"),
    ],
)
def test_each_state_says_what_it_is(shown: Payment, words: str) -> None:
    html = bytes(render(page(), shown).body).decode()
    assert words in html
    assert "120,00\u00a0€" in html
    assert "Stadt &lt;H&gt;" in html
    structure = Structure(html)
    assert structure.seen[0][0] == "main"
    assert [structure.count(tag) for tag in ("main", "h1", "script", "style")] == [1, 1, 0, 0]
    assert not any(name.startswith("on") or name == "style" for _, attrs in structure.seen for name in attrs)
    for _, attrs in structure.seen:
        if label := attrs.get("aria-labelledby"):
            assert f'id="{label}"' in html
    assert all(path.startswith("/heidelberg/") for path in re.findall(r'(?:href|action)="([^"]*)"', html))


def test_the_receipt_can_be_kept() -> None:
    html = bytes(
        pages.render(page(), "receipt.html", title="Zahlungsbestätigung", payment=payment(AttemptState.PAYED),
                     method="Kreditkarte").body
    ).decode()  # fmt: skip
    Structure(html)
    for words in (
        "2026-0000-0042-26",
        "120,00\u00a0€",
        "02.05.2026, 00:30 Uhr",
        "HD-7K2M-9QXC",
        "Kreditkarte",
    ):
        assert words in html


@pytest.mark.parametrize("demo", [True, False])
def test_demo_data_are_called_so_only_where_they_are(demo: bool) -> None:  # noqa: FBT001
    html = bytes(render(page(demo=demo), payment()).body).decode()
    assert ("Demodaten" in html) is demo
