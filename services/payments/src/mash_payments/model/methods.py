# SPDX-License-Identifier: EUPL-1.2
"""The ways to pay that a city may offer, and the provider behind each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """A way to pay, as its code in payments.toml and as payers read it."""

    code: str
    provider: str
    title: str
    text: str


METHODS = (
    Method(
        "platform",
        "xbezahldienste",
        "Bezahlplattform der Kommune",
        "Sie wählen die Zahlart auf der Seite der Bezahlplattform.",
    ),
    Method(
        "card", "stripe", "Kreditkarte oder Debitkarte", "Sie geben die Karte auf der Seite von Stripe ein."
    ),
    Method("paypal", "paypal", "PayPal", "Sie melden sich bei PayPal an und bestätigen dort den Betrag."),
    Method("wero", "girocheckout", "Wero", "Sie bestätigen die Zahlung in Ihrer Banking- oder Wero-App."),
)
# What providers say was used, in the words of a receipt. giropay ended on 31 December 2024: old data has it.
USED = {
    "CREDITCARD": "Kreditkarte",
    "PAYPAL": "PayPal",
    "WERO": "Wero",
    "TRANSFER": "Überweisung",
    "GIROPAY": "giropay (bis 31.12.2024)",
    "PAYDIRECT": "paydirekt",
}
