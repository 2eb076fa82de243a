# SPDX-License-Identifier: EUPL-1.2
"""Bank statements: read exactly or refused with line and column, matched by number and amount, once."""

import re
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from mash_payments.gateways.camt053 import read
from mash_payments.service import NotAStatement
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

CARD = "4111 1111 1111 1111"


def amount(cents: int) -> str:
    direction = "CRDT" if cents >= 0 else "DBIT"
    value = f"{abs(cents) // 100}.{abs(cents) % 100:02d}"
    return f'<Amt Ccy="EUR">{value}</Amt><CdtDbtInd>{direction}</CdtDbtInd>'


def entry(cents: int, words: str = "", end_to_end: str = "NOTPROVIDED", version: str = "08") -> str:
    state = "<Sts>BOOK</Sts>" if version == "02" else "<Sts><Cd>BOOK</Cd></Sts>"
    return (
        f"<Ntry>{amount(cents)}{state}<BookgDt><Dt>2026-05-04</Dt></BookgDt><AcctSvcrRef>B-{cents}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>"
        f"<RmtInf><Ustrd>{words}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def statement(
    *entries: str, total: int = 0, number: str = "S-1", version: str = "08", opening: int = 5000
) -> str:
    balance = "<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp>{}<Dt><Dt>2026-05-04</Dt></Dt></Bal>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M</MsgId></GrpHdr>\n<Stmt><Id>{number}</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN>"
        f"</Id><Ccy>EUR</Ccy></Acct>{balance.format('OPBD', amount(opening))}"
        f"{balance.format('CLBD', amount(opening + total))}\n"
        + "\n".join(entries)
        + "</Stmt></BkToCstmrStmt></Document>"
    )


class Till:
    """A treasurer at work."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.browser = bench.client(subject=new_id(), roles=("treasurer",))

    async def hands_in(self, body: str) -> httpx.Response:
        file = {"statement": ("auszug.xml", body.encode(), "application/xml")}
        return await self.browser.post("/desk/payments/statements", data={"csrf": CSRF}, files=file)

    async def waiting(self) -> list[str]:
        """The lines that wait, by their address."""
        page = (await self.browser.get("/desk/payments/waiting")).text
        return re.findall(r'href="/heidelberg(/desk/payments/lines/[^"]+)"', page)

    async def says(self, line: str, what: str, note: str = "geprüft", **more: str) -> httpx.Response:
        return await self.browser.post(line, data={"csrf": CSRF, "what": what, "note": note, **more})

    async def books(self) -> dict[str, int]:
        async with self.bench.program.database.unit("heidelberg") as unit:
            rows = await unit.connection.execute(
                text("select account, sum(cents) from entries group by account")
            )
            return {account: int(cents) for account, cents in rows if cents}


@pytest.fixture
def till(bench: Bench) -> Till:
    return Till(bench)


@pytest.mark.parametrize("version", ["02", "08"])
async def test_what_a_provider_passes_on_is_matched_by_number_and_amount(
    payer: Any, till: Till, version: str
) -> None:
    await payer.comes_back(await payer.decides(await payer.goes()))
    number = (await payer.payment())["receipt_number"]
    body = statement(
        entry(12000, f"KZ {number} Bezahlplattform", version=version), total=12000, version=version
    )
    answer = await till.hands_in(body)
    assert "1 Umsätze, davon 1 zugeordnet und 0 zu klären" in answer.text, answer.text
    assert await till.books() == {"bank": 12000, "revenue": -12000}
    # The same file again changes nothing.
    assert "war schon eingelesen" in (await till.hands_in(body)).text
    assert await till.books() == {"bank": 12000, "revenue": -12000}
    assert await till.waiting() == []
    # Another one under its number is refused.
    other = statement(entry(12000, number), entry(100, "x"), total=12100, version="08")
    assert (await till.hands_in(other)).status_code == 422


@pytest.mark.parametrize("written", ["{}", "RE {} DANKE", "kassenzeichen {}."])
async def test_a_payer_may_transfer_the_fee(payer: Any, till: Till, written: str) -> None:
    number = (await payer.payment())["receipt_number"]
    await till.hands_in(statement(entry(12000, written.format(number.replace("-", " "))), total=12000))
    assert (await payer.payment())["state"] == "SETTLED"
    assert await till.books() == {"bank": 12000, "revenue": -12000}
    await payer.bench.settle()
    (event,) = payer.settled()
    assert event.provider == "bank"
    assert "Überweisung" in (await payer.browser.get(f"/pay/{payer.application}/receipt")).text


async def test_what_does_not_fit_waits_for_a_person(payer: Any, till: Till) -> None:
    number = (await payer.payment())["receipt_number"]
    body = statement(
        entry(12001, number), entry(12000, "ohne Nummer"), entry(-700, "Entgelt"), total=12001 + 12000 - 700
    )
    answer = await till.hands_in(body)
    assert "3 Umsätze, davon 0 zugeordnet und 3 zu klären" in answer.text, answer.text
    assert await till.books() == {
        "bank": 23301,
        "unassigned": -23301,
        "receivable": 12000,
        "revenue": -12000,
    }
    other, fits, _ = await till.waiting()
    # An amount that does not add up is refused, by a person's word too.
    refused = await till.says(other, "payment", number=number)
    assert (refused.status_code, "Betrag und Gebühr sind verschieden" in refused.text) == (422, True)
    assert (await till.says(fits, "payment", number="2026-0000-0000-00")).status_code == 422
    assert (await till.says(fits, "payout", provider="paypal")).status_code == 422
    assert (await payer.payment())["state"] == "OPEN"
    assert (await till.says(fits, "payment", number=number)).status_code == 303
    assert (await payer.payment())["state"] == "SETTLED"
    assert (await till.says(fits, "payment", number=number)).status_code == 409
    assert (await till.says(other, "return")).status_code == 303
    assert await till.books() == {"bank": 23301, "payable": -12001, "unassigned": 700, "revenue": -12000}


async def test_a_second_payment_of_the_same_fee_is_for_a_person_and_goes_back(payer: Any, till: Till) -> None:
    number = (await payer.payment())["receipt_number"]
    await till.hands_in(statement(entry(12000, number), entry(12000, number), total=24000))
    (line,) = await till.waiting()
    assert "schon bezahlt" in (await till.browser.get(line)).text
    await till.says(line, "payment", number=number)
    payment = await payer.payment()
    second = next(attempt for attempt in payment["attempts"] if attempt["refund"] == "overpaid")
    data = {
        "refund_id": new_id(),
        "attempt_id": second["id"],
        "amount": "120,00",
        "reason": "doppelt",
        "confirmed": "yes",
    }
    await till.browser.post(f"/desk/payments/{payment['id']}/refunds", data={"csrf": CSRF, **data})
    assert (await till.books())["payable"] == -12000
    # The bank's statement shows our transfer: only then it is done.
    assert "Bitte überweisen" in (await till.browser.get(f"/desk/payments/{payment['id']}")).text
    back = entry(-12000, f"Erstattung {number}", end_to_end=data["refund_id"])
    await till.hands_in(statement(back, total=-12000, number="S-2"))
    assert await till.waiting() == []
    assert await till.books() == {"bank": 12000, "revenue": -12000}
    # Once: the same transfer on another statement is nothing we know of.
    await till.hands_in(statement(back, total=-12000, number="S-3"))
    assert len(await till.waiting()) == 1


async def test_a_running_payment_is_not_overtaken(payer: Any, till: Till) -> None:
    number = (await payer.payment())["receipt_number"]
    await payer.goes()
    await till.hands_in(statement(entry(12000, number), total=12000))
    (line,) = await till.waiting()
    assert "läuft noch eine Zahlung" in (await till.browser.get(line)).text


async def test_a_payout_of_many_payments_is_a_persons_word_and_no_more_than_there_is(
    payer: Any, till: Till
) -> None:
    await payer.comes_back(await payer.decides(await payer.goes()))
    await till.hands_in(statement(entry(12000, "Sammelauszahlung"), entry(1, "mehr"), total=12001))
    many, more = await till.waiting()
    assert (await till.says(many, "payout", provider="xbezahldienste")).status_code == 303
    assert (await till.says(more, "payout", provider="xbezahldienste")).status_code == 422
    assert await till.books() == {"bank": 12001, "unassigned": -1, "revenue": -12000}


async def test_card_numbers_on_a_statement_are_not_kept(bench: Bench, till: Till) -> None:
    await till.hands_in(statement(entry(100, f"Karte {CARD}", end_to_end=CARD.replace(" ", "")), total=100))
    (line,) = await till.waiting()
    assert "Kartennummer entfernt" in (await till.browser.get(line)).text
    assert (await till.says(line, "return", note=CARD)).status_code == 422
    async with bench.program.database.unit("heidelberg") as unit:
        kept = (await unit.connection.execute(text("select * from statement_lines"))).all()
    assert CARD.replace(" ", "") not in str(kept).replace(" ", "")


async def test_another_city_sees_nothing(bench: Bench, till: Till) -> None:
    await till.hands_in(statement(entry(100, "x"), total=100))
    (line,) = await till.waiting()
    elsewhere = bench.client("mannheim", subject=new_id(), roles=("treasurer",))
    assert (await elsewhere.get(line)).status_code == 404
    assert "Alles ist geklärt" in (await elsewhere.get("/desk/payments/waiting")).text


GOOD = statement(entry(100, "x"), total=100)


@pytest.mark.parametrize(
    ("body", "said", "line"),
    [
        (GOOD[:-20], "wohlgeformt", 4),
        (GOOD.replace("camt.053.001.08", "camt.052.001.08"), "kein camt.053", 2),
        (GOOD.replace("?>\n", '?><!DOCTYPE a [<!ENTITY b "c">]>\n'), "DOCTYPE", 1),
        (GOOD.replace(">1.00</Amt>", ">1.005</Amt>"), "ganzen Cent", 4),
        (GOOD.replace(">1.00</Amt>", ">1,00</Amt>"), "kein Betrag", 4),
        (GOOD.replace(">1.00</Amt>", ">-1.00</Amt>"), "ganzen Cent", 4),
        (GOOD.replace('<Ntry><Amt Ccy="EUR">', '<Ntry><Amt Ccy="USD">'), "andere Währung", 4),
        (GOOD.replace("CLBD", "CLAV"), "Endbestand fehlt", 3),
        (GOOD.replace("2026-05-04</Dt></BookgDt>", "2026-05-34</Dt></BookgDt>"), "kein Datum", 4),
        (GOOD.replace("<IBAN>DE02120300000000202051</IBAN>", ""), "fehlt Acct/Id/IBAN", 3),
        ("", "wohlgeformt", 1),
        (GOOD.replace("UTF-8", "AUTF-8"), "Zeichenkodierung", 1),
        ("<a>" * 100, "kein camt.053", 1),
    ],
)
def test_what_is_broken_is_refused_with_line_and_column(body: str, said: str, line: int) -> None:
    with pytest.raises(NotAStatement, match=said) as raised:
        read(body.encode())
    assert raised.value.line == line
    assert raised.value.column >= 1
    assert f"Zeile {line}, Spalte {raised.value.column}" in str(raised.value)


async def test_a_refused_file_leaves_nothing_behind(till: Till) -> None:
    broken = await till.hands_in(GOOD.replace(">1.00</Amt>", ">1.005</Amt>"))
    assert (broken.status_code, "Zeile 4, Spalte" in broken.text) == (422, True)
    wrong = await till.hands_in(statement(entry(100, "x"), total=101))
    assert (wrong.status_code, "geht nicht auf" in wrong.text) == (422, True)
    assert await till.books() == {}
    assert await till.waiting() == []


def test_a_collected_entry_has_to_add_up() -> None:
    detail = '<TxDtls><Amt Ccy="EUR">{}</Amt><RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls>'
    details = detail.format("0.40", "a") + detail.format("0.60", "b")
    good = re.sub(r"<NtryDtls>.*</NtryDtls>", f"<NtryDtls>{details}</NtryDtls>", GOOD)
    assert [(line.number, line.cents, line.text) for line in read(good.encode())[0].lines] == [
        (1, 40, "a"),
        (2, 60, "b"),
    ]
    with pytest.raises(NotAStatement, match="Sammelumsatz"):
        read(good.replace("0.60", "0.61").encode())


@given(st.binary(max_size=200), st.integers(0, len(GOOD)))
def test_no_file_is_worse_than_refused(noise: bytes, at: int) -> None:
    body = GOOD.encode()
    with suppress(NotAStatement):
        read(body[:at] + noise + body[at:])


@given(st.lists(st.integers(-(10**9), 10**9).filter(bool), max_size=20))
def test_amounts_are_read_exactly(cents: list[int]) -> None:
    (found,) = read(statement(*(entry(one) for one in cents), total=sum(cents)).encode())
    assert [line.cents for line in found.lines] == cents
    assert found.opening_cents + sum(cents) == found.closing_cents


async def test_the_settlement_adds_up_and_is_exported(payer: Any, till: Till) -> None:
    await payer.comes_back(await payer.decides(await payer.goes()))
    number = (await payer.payment())["receipt_number"]
    page = (await till.browser.get("/desk/payments/settlement")).text
    for words in ("Stadt Heidelberg", "Gebührenerträge", "Bei Bezahlplattform", "120,00\u00a0€"):
        assert words in page
    answer = await till.browser.get("/desk/payments/settlement.csv?since=2026-01-01&until=2026-12-31")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = [row.split(";") for row in answer.text.lstrip("\ufeff").splitlines()[1:]]
    assert {row[3] for row in rows} == {number}
    debit, credit = (sum(float(row[i].replace(",", ".") or 0) for row in rows) for i in (5, 6))
    assert debit == credit == 240.0
    for wrong in (
        "since=gestern",
        "since=2026-05-02&until=2026-05-01",
        "since=9999-12-31&until=9999-12-31",
        "since=0001-01-01&until=0001-01-01",
    ):
        for kind in ("", ".csv"):
            answer = await till.browser.get(f"/desk/payments/settlement{kind}?{wrong}")
            assert answer.status_code == 422, wrong


async def test_a_payment_is_found_by_its_number(payer: Any, till: Till) -> None:
    number = (await payer.payment())["receipt_number"]
    for words in (number, number.replace("-", ""), "hd-7k2m-9qxc"):
        page = (await till.browser.get("/desk/payments", params={"q": words})).text
        assert number in page
    assert "keine Gebühr" in (await till.browser.get("/desk/payments?q=2026")).text
