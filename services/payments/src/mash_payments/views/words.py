# SPDX-License-Identifier: EUPL-1.2
"""What treasurers read for accounts, states and reasons; and amounts and days as they write them."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mash_payments.model import AttemptState, LineState, PaymentState, Reason, RefundState, ledger
from mash_sdk.problems import Fault, Invalid

EARLIEST, LATEST = 2000, 2200
"""Years that a period may lie in."""
ACCOUNTS = {
    ledger.RECEIVABLE: "Forderungen",
    ledger.REVENUE: "Gebührenerträge",
    ledger.BANK: "Bank",
    ledger.CLEARING: "Verwahrung (zu viel oder zu spät bezahlt)",
    ledger.UNASSIGNED: "Ungeklärte Umsätze",
    ledger.PAYABLE: "Auszuzahlende Erstattungen",
}
PROVIDERS = {
    "xbezahldienste": "Bezahlplattform",
    "stripe": "Stripe (Karten)",
    "paypal": "PayPal",
    "girocheckout": "GiroCheckout (Wero)",
    "bank": "Überweisung",
}
KINDS = {
    "due": "Gebühr fällig",
    "waived": "Gebühr entfallen",
    "paid": "Zahlung eingegangen",
    "refunded": "Erstattet",
    "to-transfer": "Erstattung zu überweisen",
    "statement": "Kontoauszug",
    "assigned": "Umsatz zugeordnet",
}
PAYMENTS = {
    PaymentState.OPEN: "offen",
    PaymentState.STARTED: "begonnen",
    PaymentState.SETTLED: "bezahlt",
    PaymentState.WAIVED: "entfallen",
    PaymentState.EXPIRED: "nicht bezahlt, Frist vorbei",
}
ATTEMPTS = {
    AttemptState.UNKNOWN: "ungewiss: keine Antwort",
    AttemptState.INITIAL: "begonnen",
    AttemptState.PAYED: "bezahlt",
    AttemptState.CANCELED: "abgebrochen",
    AttemptState.FAILED: "fehlgeschlagen",
}
REFUNDS = {
    RefundState.UNKNOWN: "ungewiss: keine Antwort",
    RefundState.PENDING: "unterwegs",
    RefundState.MANUAL: "zu überweisen",
    RefundState.DONE: "erstattet",
    RefundState.FAILED: "abgelehnt",
}
LINES = {
    LineState.MATCHED: "zugeordnet",
    LineState.RESOLVED: "von Hand zugeordnet",
    LineState.UNMATCHED: "nicht zugeordnet",
    LineState.AMBIGUOUS: "mehrdeutig",
}
REASONS = {
    Reason.NO_NUMBER: "Im Verwendungszweck steht kein Kassenzeichen.",
    Reason.SEVERAL: "Mehrere Gebühren oder Zahlungen passen.",
    Reason.AMOUNT: "Das Kassenzeichen passt, der Betrag nicht.",
    Reason.ATTEMPT_OPEN: "Für die Gebühr läuft noch eine Zahlung bei einem Bezahldienst.",
    Reason.PAID_ALREADY: "Die Gebühr ist schon bezahlt.",
    Reason.NO_REFUND: "Zu diesem Abgang gibt es keine Erstattung.",
}


def account(name: str) -> str:
    """An account as treasurers know it."""
    if name.startswith(ledger.PROVIDER):
        provider = name.removeprefix(ledger.PROVIDER)
        return f"Bei {PROVIDERS.get(provider, provider)}"
    return ACCOUNTS.get(name, name)


def plain(cents: int) -> str:
    """`1234,50`, for tables that are read on by programs."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02d}"


# As amounts are written in German: points between thousands only, at most two digits of cents.
_AMOUNT = re.compile(r"(?P<euros>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,10})(?:,(?P<cents>[0-9]{1,2}))?")


def cents(text: str) -> int:
    """What a person wrote as an amount: `12`, `12,5`, `1.234,50`; `1.000` are a thousand. Raises Invalid."""
    said = text.strip().removesuffix("€").removesuffix("Euro").removesuffix("EUR").strip()
    told = _AMOUNT.fullmatch(said)
    found = 0
    if told is not None:
        found = 100 * int(told["euros"].replace(".", "")) + int((told["cents"] or "").ljust(2, "0"))
    if not 0 < found < 10**12:
        raise Invalid(
            "Der Betrag ist nicht lesbar.",
            errors=[Fault("/amount", "ist nicht lesbar", "Zum Beispiel 12,50 oder 1.234,50.")],
        )
    return found


def period(since: str, until: str, today: date, timezone: str) -> tuple[date, date, datetime, datetime]:
    """First and last day, and the moments around them. Without days: this month. Raises Invalid."""
    try:
        first = date.fromisoformat(since) if since else today.replace(day=1)
        last = date.fromisoformat(until) if until else today
    except ValueError:
        raise Invalid(
            "Ein Tag ist nicht lesbar.", errors=[Fault("?since", "ist kein Tag", "JJJJ-MM-TT.")]
        ) from None
    if not EARLIEST <= first.year <= LATEST or not EARLIEST <= last.year <= LATEST:
        raise Invalid(
            "Der Zeitraum ist nicht möglich.",
            errors=[Fault("?since", "liegt zu weit weg", f"Ein Tag der Jahre {EARLIEST} bis {LATEST}.")],
        )
    if last < first or last.year - first.year > 10:  # noqa: PLR2004
        raise Invalid(
            "Der Zeitraum ist nicht möglich.",
            errors=[Fault("?until", "liegt vor dem Anfang oder zu weit danach", "Höchstens zehn Jahre.")],
        )
    zone = ZoneInfo(timezone)
    end = datetime.combine(last, time(), zone) + timedelta(days=1)
    return first, last, datetime.combine(first, time(), zone), end
