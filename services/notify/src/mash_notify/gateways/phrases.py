# SPDX-License-Identifier: EUPL-1.2
"""What letters say, in the languages of applications. German is the key, and stands in the templates."""

from typing import Final

from mash_notify.model import Kind
from mash_sdk.phrases import Phrases

TRANSLATED: Final = frozenset({Kind.REFUNDED})
"""Kinds whose templates say everything by a phrase."""

PHRASES: Final = Phrases(
    {
        # Every letter.
        "Guten Tag": ("Hello", "Guten Tag"),
        "Bei Fragen hilft Ihnen:": (
            "If you have questions, ask:",
            "Haben Sie Fragen? Fragen Sie hier:",
        ),
        "Diese Nachricht wurde automatisch erstellt. Bitte antworten Sie nicht auf diese E-Mail.": (
            "This message was written automatically. Please do not answer this e-mail.",
            "Diese Nachricht schreibt ein Computer. Bitte antworten Sie nicht auf diese E-Mail.",
        ),
        "Demodaten:": ("Demo data:", "Nicht echt:"),
        "Dies ist eine Vorführung.": ("This is a demonstration.", "Das ist nur zum Zeigen."),
        "Es gibt keinen echten Antrag.": ("There is no real application.", "Es gibt keinen echten Antrag."),
        # Money went back.
        "Geld zurück zu Ihrem Antrag {reference}": (
            "Money back for your application {reference}",
            "Geld zurück für Ihren Antrag {reference}",
        ),
        "Geld ist an Sie zurückgegangen": ("Money went back to you", "Sie haben Geld zurückbekommen"),
        "wir haben Geld an Sie zurückgezahlt. Es geht um:": (
            "we have paid money back to you. It is about:",
            "wir haben Ihnen Geld zurückbezahlt. Es geht um:",
        ),
        "Wir haben Geld an Sie zurückgezahlt. Es geht um:": (
            "We have paid money back to you. It is about:",
            "Wir haben Ihnen Geld zurückbezahlt. Es geht um:",
        ),
        "Aktenzeichen {reference}": ("reference {reference}", "Nummer {reference}"),
        "Wie viel und wann, sehen Sie bei der Gebühr:": (
            "How much and when, you see with the fee:",
            "Wie viel Geld war es? Und wann? Das sehen Sie hier:",
        ),
        "Wie viel und wann, sehen Sie bei der Gebühr.": (
            "How much and when, you see with the fee.",
            "Wie viel Geld war es? Und wann? Das sehen Sie auf der Seite von der Gebühr.",
        ),
        "Gebühr zum Antrag {reference} ansehen": (
            "Look at the fee for application {reference}",
            "Die Gebühr für den Antrag {reference} ansehen",
        ),
    }
)
