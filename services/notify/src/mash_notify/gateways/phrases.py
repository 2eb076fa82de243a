# SPDX-License-Identifier: EUPL-1.2
"""What letters say, in the languages of applications. German is the key, and stands in the templates."""

from typing import Final

from mash_notify.model import Kind
from mash_sdk.phrases import Phrases

TRANSLATED: Final = frozenset({Kind.REFUNDED, Kind.PAYMENT_REMINDER, Kind.PAYMENT_OVERDUE, Kind.LAPSED})
"""Kinds whose templates say everything by a phrase."""

_OVERDUE = (
    "Die Frist für die Gebühr zu Ihrem Antrag ist vorbei. Sie können noch bis zum {day} bezahlen. Danach "
    "gilt Ihr Antrag als zurückgezogen."
)
_STILL = "You can still pay until {day}. After that your application counts as withdrawn."
_SIMPLE = (
    "Die Zeit zum Bezahlen ist vorbei. Sie können aber noch bis zum {day} bezahlen. "
    "Danach bearbeiten wir Ihren Antrag nicht mehr."
)
_LAPSED = (
    "Die Gebühr zu Ihrem Antrag wurde nicht rechtzeitig bezahlt. Das Amt entscheidet nicht mehr darüber. "
    "Wenn Sie die Leistung noch brauchen, stellen Sie den Antrag bitte neu."
)

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
        "Antrag {reference} im Konto ansehen": (
            "Look at application {reference} in your account",
            "Den Antrag {reference} ansehen",
        ),
        "Es geht um:": ("It is about:", "Es geht um:"),
        # The fee is still due.
        "Erinnerung: Gebühr zum Antrag {reference}": (
            "Reminder: fee for application {reference}",
            "Bitte denken Sie an die Gebühr für den Antrag {reference}",
        ),
        "Ihre Gebühr ist noch offen": ("Your fee is still due", "Sie haben die Gebühr noch nicht bezahlt"),
        "Die Gebühr zu Ihrem Antrag ist noch offen. Bitte bezahlen Sie sie bis zum {day}.": (
            "The fee for your application is still due. Please pay it by {day}.",
            "Sie haben die Gebühr für Ihren Antrag noch nicht bezahlt. Bitte bezahlen Sie bis zum {day}.",
        ),
        "Haben Sie gerade bezahlt? Dann müssen Sie nichts tun.": (
            "Have you just paid? Then you need not do anything.",
            "Haben Sie gerade bezahlt? Dann müssen Sie nichts tun.",
        ),
        # It is overdue.
        "Überfällig: Gebühr zum Antrag {reference}": (
            "Overdue: fee for application {reference}",
            "Bitte bezahlen Sie jetzt die Gebühr für den Antrag {reference}",
        ),
        "Ihre Gebühr ist überfällig": ("Your fee is overdue", "Bitte bezahlen Sie jetzt"),
        _OVERDUE: ("The time to pay the fee for your application is over. " + _STILL, _SIMPLE),
        # Nobody paid.
        "Ihr Antrag {reference} gilt als zurückgezogen": (
            "Your application {reference} counts as withdrawn",
            "Wir bearbeiten Ihren Antrag {reference} nicht mehr",
        ),
        "Ihr Antrag gilt als zurückgezogen": (
            "Your application counts as withdrawn",
            "Wir bearbeiten Ihren Antrag nicht mehr",
        ),
        _LAPSED: (
            (
                "The fee for your application was not paid in time. The office no longer decides on it. "
                "If you still need the service, please apply again."
            ),
            (
                "Sie haben die Gebühr nicht bezahlt. Deshalb bearbeitet das Amt Ihren Antrag nicht mehr. "
                "Wollen Sie das noch haben? Dann machen Sie bitte einen neuen Antrag."
            ),
        ),
        # Money went back.
        "Geld zurück zu Ihrem Antrag {reference}": (
            "Money back for your application {reference}",
            "Geld zurück für Ihren Antrag {reference}",
        ),
        "Geld ist an Sie zurückgegangen": ("Money went back to you", "Sie haben Geld zurückbekommen"),
        "Wir haben Geld an Sie zurückgezahlt. Es geht um:": (
            "We have paid money back to you. It is about:",
            "Wir haben Ihnen Geld zurückbezahlt. Es geht um:",
        ),
        "Aktenzeichen {reference}": ("reference {reference}", "Nummer {reference}"),
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
