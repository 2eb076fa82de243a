# SPDX-License-Identifier: EUPL-1.2
"""Reads a bank's statement (camt.053.001.02 and .08); what is wrong is refused with line and column.

expat is used directly because it knows the position of every element. A document type is refused outright,
and with it entities and whatever they would load or blow up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from mash_payments.model import Line, Statement
from mash_payments.service import NotAStatement

NAMESPACES = {f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}" for version in ("02", "08")}
SIGNS = {"CRDT": 1, "DBIT": -1}
DEPTH = 40
ENTRIES = 100_000


@dataclass(slots=True)
class Element:
    """An element without its namespace, and where it began."""

    name: str
    line: int
    column: int
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, path: str) -> Iterator[Element]:
        """Every element at a path of names."""
        first, _, rest = path.partition("/")
        for child in self.children:
            if child.name == first:
                yield from child.all(rest) if rest else [child]

    def one(self, path: str) -> Element | None:
        """The first element at a path."""
        return next(self.all(path), None)

    def need(self, path: str) -> Element:
        """The first element at a path. Raises NotAStatement."""
        found = self.one(path)
        if found is None:
            raise self.wrong(f"In {self.name} fehlt {path}.")
        return found

    def said(self, path: str) -> str:
        """The text at a path, or nothing."""
        found = self.one(path)
        return found.text.strip() if found is not None else ""

    def wrong(self, reason: str) -> NotAStatement:
        """What is wrong here."""
        return NotAStatement(reason, self.line, self.column)


def read(body: bytes) -> list[Statement]:
    """Every statement of a document. Raises NotAStatement."""
    root = parsed(body)
    document = root.one("BkToCstmrStmt")
    if document is None:
        raise root.wrong("Das ist kein Kontoauszug (BkToCstmrStmt fehlt).")
    found = [statement(one) for one in document.all("Stmt")]
    if not found:
        raise document.wrong("Der Kontoauszug ist leer (Stmt fehlt).")
    return found


def statement(element: Element) -> Statement:
    """One Stmt."""
    iban = element.need("Acct/Id/IBAN").text.strip()
    balances = {
        balance.said("Tp/CdOrPrtry/Cd"): amount(balance) * sign(balance) for balance in element.all("Bal")
    }
    currency = element.said("Acct/Ccy") or element.need("Bal/Amt").attributes.get("Ccy", "")
    opening = balances.get("OPBD", balances.get("PRCD"))
    if opening is None or "CLBD" not in balances:
        raise element.wrong("Anfangs- oder Endbestand fehlt (OPBD oder PRCD, und CLBD).")
    lines: list[Line] = []
    for entry in element.all("Ntry"):
        # .02 has the code itself, .08 an element around it. What is not booked has not happened yet.
        if (entry.said("Sts/Cd") or entry.said("Sts")) == "BOOK":
            lines.extend(of_entry(entry, len(lines), currency))
    if len(lines) > ENTRIES:
        raise element.wrong(f"Mehr als {ENTRIES} Umsätze.")
    return Statement(iban, element.need("Id").text.strip(), opening, balances["CLBD"], currency, tuple(lines))


def of_entry(entry: Element, before: int, currency: str) -> Iterator[Line]:
    """An entry's transactions: one, or those of a collected entry, which have to add up to it."""
    if entry.need("Amt").attributes.get("Ccy") != currency:
        raise entry.wrong("Der Umsatz hat eine andere Währung als das Konto.")
    total, direction = amount(entry), sign(entry)
    if not total:
        raise entry.wrong("Ein Umsatz über 0.")
    booked_on = day(entry)
    details = list(entry.all("NtryDtls/TxDtls"))
    parts = [part_of(detail, currency) for detail in details]
    if len(parts) > 1 and all(part is not None for part in parts):
        if sum(part or 0 for part in parts) != total:
            raise entry.wrong("Die Einzelumsätze ergeben nicht den Sammelumsatz.")
    else:
        parts = [total]
    for index, part in enumerate(parts):
        detail = details[index] if index < len(details) else entry
        yield Line(
            number=before + index + 1,
            cents=direction * (part or 0),
            currency=currency,
            booked_on=booked_on,
            text=" ".join(one.text.strip() for one in detail.all("RmtInf/Ustrd"))
            + " ".join(one.text.strip() for one in detail.all("RmtInf/Strd/CdtrRefInf/Ref")),
            end_to_end_id=detail.said("Refs/EndToEndId").replace("NOTPROVIDED", ""),
            bank_reference=detail.said("Refs/AcctSvcrRef") or entry.said("AcctSvcrRef"),
        )


def part_of(detail: Element, currency: str) -> int | None:
    """A single transaction's amount within a collected entry, if it says one."""
    holder = detail if detail.one("Amt") is not None else detail.one("AmtDtls/TxAmt")
    if holder is None:
        return None
    if holder.need("Amt").attributes.get("Ccy") != currency:
        raise holder.wrong("Der Einzelumsatz hat eine andere Währung als das Konto.")
    return amount(holder)


def amount(holder: Element) -> int:
    """`Amt` in cents: exact or refused, never rounded."""
    element = holder.need("Amt")
    try:
        cents = Decimal(element.text.strip()) * 100
    except InvalidOperation:
        raise element.wrong("Das ist kein Betrag.") from None
    if not cents.is_finite() or cents < 0 or cents != cents.to_integral_value() or cents >= 10**15:
        raise element.wrong("Das ist kein Betrag in ganzen Cent.")
    return int(cents)


def sign(holder: Element) -> int:
    """Into the account or out of it."""
    element = holder.need("CdtDbtInd")
    if element.text.strip() not in SIGNS:
        raise element.wrong("CdtDbtInd ist weder CRDT noch DBIT.")
    return SIGNS[element.text.strip()]


def day(entry: Element) -> date:
    """The day it was booked."""
    element = entry.one("BookgDt/Dt") or entry.need("BookgDt/DtTm")
    try:
        return date.fromisoformat(element.text.strip()[:10])
    except ValueError:
        raise element.wrong("Das ist kein Datum.") from None


def parsed(body: bytes) -> Element:
    """The document element. Raises NotAStatement."""
    parser = expat.ParserCreate(namespace_separator=" ")
    root = Element("", 1, 1)
    open_: list[Element] = [root]

    def here(reason: str) -> NotAStatement:
        return NotAStatement(reason, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def start(name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if len(open_) == 1 and (local != "Document" or namespace not in NAMESPACES):
            raise here("Das ist kein camt.053.001.02 oder camt.053.001.08.")
        if len(open_) > DEPTH:
            raise here("Zu tief geschachtelt.")
        element = Element(local, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1, attributes)
        open_[-1].children.append(element)
        open_.append(element)

    def end(_: str) -> None:
        open_.pop()

    def text(data: str) -> None:
        open_[-1].text += data

    def doctype(*_: object) -> None:
        raise here("Ein Dokumenttyp (DOCTYPE) ist nicht erlaubt.")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as err:
        reason = expat.errors.messages.get(err.code, expat.ErrorString(err.code))
        raise NotAStatement(f"Kein wohlgeformtes XML ({reason}).", err.lineno, err.offset + 1) from None
    except (LookupError, ValueError) as err:
        # An encoding Python has not, or one expat cannot use.
        raise here(f"Die Zeichenkodierung ist nicht lesbar ({err}).") from None
    return root.children[0]
