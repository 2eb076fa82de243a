# SPDX-License-Identifier: EUPL-1.2
"""What the payer's pages say, in the languages a form may be in. German is the key."""

from mash_sdk.phrases import Phrases

_TWICE = (
    "Die Gebühr ist zweimal bezahlt worden. Die zweite Zahlung vom {day} über {amount} ist zur "
    "Erstattung vorgemerkt."
)
_WITHDRAWN = (
    "Ihr Antrag ist zurückgezogen. Ihre Zahlung vom {day} über {amount} ist zur Erstattung vorgemerkt."
)
_OTHER = (
    "Der Bezahldienst meldet für den {day} den Betrag {amount} statt {due}. Diese Zahlung zählt nicht für "
    "die Gebühr und ist zur Erstattung vorgemerkt."
)
_WAITING = (
    "Wir warten auf den Bezahldienst. Wenn Sie schon bezahlt haben, dauert es einen Moment: Laden Sie die "
    "Seite dann neu. Sonst setzen Sie die Zahlung fort."
)
_FORGOTTEN = (
    "Der Bezahldienst kennt sie nicht mehr. Die Gebühr ist noch offen, Sie können neu beginnen. Haben Sie "
    "schon bezahlt, warten Sie bitte: Wir fragen den Bezahldienst weiter danach."
)
_FAILED = (
    "Der Bezahldienst hat sie abgelehnt, oder die Zeit war abgelaufen. Die Gebühr ist noch offen, Sie "
    "können neu beginnen."
)
_SILENT = "Der Bezahldienst hat nicht geantwortet. Es wurde nichts abgebucht, Sie können neu beginnen."
_CHOOSE = (
    "Sie wählen die Zahlart und wechseln zur Seite des Bezahldienstes. Karten- und Kontodaten erhalten "
    "wir nicht."
)
_NOWHERE = (
    "Zurzeit kann hier nicht online bezahlt werden. Überweisen Sie die Gebühr mit dem Kassenzeichen als "
    "Verwendungszweck, oder fragen Sie Ihre Kommune."
)

_STRAY = (
    "Die Frist zum Bezahlen war vorbei. Ihre Zahlung vom {day} über {amount} ist zur Erstattung vorgemerkt."
)

PHRASES = Phrases(
    {
        # What stands over the page.
        "Gebühr bezahlen": ("Pay the fee", "Gebühr bezahlen"),
        "Gebühr bezahlt": ("Fee paid", "Gebühr bezahlt"),
        "Gebühr entfallen": ("Fee no longer due", "Sie müssen nichts bezahlen"),
        "Zahlungsbestätigung": ("Confirmation of payment", "Bestätigung: Sie haben bezahlt"),
        "Zum Antrag {reference}": ("To application {reference}", "Zum Antrag {reference}"),
        "Das hat nicht geklappt": ("That did not work", "Das hat nicht geklappt"),
        # How the payment stands.
        "Die Gebühr ist bezahlt": ("The fee is paid", "Die Gebühr ist bezahlt"),
        "Ihre Zahlung ist am {moment} eingegangen.": (
            "Your payment arrived on {moment}.",
            "Ihr Geld ist am {moment} angekommen.",
        ),
        "Ihr Antrag wird jetzt bearbeitet.": (
            "Your application is being processed now.",
            "Das Amt bearbeitet jetzt Ihren Antrag.",
        ),
        "Es ist nichts zu bezahlen": ("There is nothing to pay", "Sie müssen nichts bezahlen"),
        "Sie haben den Antrag zurückgezogen. Die Gebühr ist entfallen.": (
            "You have withdrawn the application. The fee is no longer due.",
            "Sie haben den Antrag zurückgezogen. Deshalb müssen Sie keine Gebühr bezahlen.",
        ),
        "Die Frist zum Bezahlen ist vorbei; der Antrag gilt als zurückgezogen.": (
            "The time to pay is over; the application counts as withdrawn.",
            "Die Zeit zum Bezahlen ist vorbei. Deshalb bearbeiten wir Ihren Antrag nicht mehr.",
        ),
        "Wenn Sie die Leistung noch brauchen, stellen Sie den Antrag bitte neu.": (
            "If you still need the service, please apply again.",
            "Wollen Sie das noch haben? Dann machen Sie bitte einen neuen Antrag.",
        ),
        "Die Gebühr ist überfällig": ("The fee is overdue", "Bitte bezahlen Sie jetzt"),
        "Sie können noch bis zum {day} bezahlen. Danach gilt Ihr Antrag als zurückgezogen.": (
            "You can still pay until {day}. After that your application counts as withdrawn.",
            "Sie können noch bis zum {day} bezahlen. Danach bearbeiten wir Ihren Antrag nicht mehr.",
        ),
        "Zu bezahlen bis": ("To be paid until", "Bitte bezahlen Sie bis zum"),
        "Die Zahlung ist begonnen": ("The payment has begun", "Sie haben mit dem Bezahlen angefangen"),
        _WAITING: (
            (
                "We are waiting for the payment provider. If you have paid already, it takes a moment: "
                "reload the page then. Otherwise go on with the payment."
            ),
            (
                "Haben Sie schon bezahlt? Dann warten Sie bitte kurz. Laden Sie dann diese Seite neu. "
                "Haben Sie noch nicht bezahlt? Dann machen Sie mit dem Bezahlen weiter."
            ),
        ),
        "Die Zahlung ist abgebrochen": ("The payment was cancelled", "Sie haben das Bezahlen abgebrochen"),
        "Es wurde nichts abgebucht. Die Gebühr ist noch offen, Sie können neu beginnen.": (
            "Nothing was charged. The fee is still due, you can begin again.",
            "Sie haben kein Geld bezahlt. Die Gebühr ist noch offen. Sie können neu anfangen.",
        ),
        "Die begonnene Zahlung gibt es nicht mehr": (
            "The payment you began no longer exists",
            "Diese Zahlung gibt es nicht mehr",
        ),
        _FORGOTTEN: (
            (
                "The payment provider no longer knows it. The fee is still due, you can begin again. If you "
                "have paid already, please wait: we keep asking the provider for it."
            ),
            (
                "Die Gebühr ist noch offen. Sie können neu anfangen. Haben Sie schon bezahlt? "
                "Dann warten Sie bitte. Wir suchen Ihre Zahlung weiter."
            ),
        ),
        "Die Zahlung ist fehlgeschlagen": ("The payment failed", "Das Bezahlen hat nicht geklappt"),
        _FAILED: (
            (
                "The payment provider refused it, or its time was over. The fee is still due, you can begin "
                "again."
            ),
            "Die Gebühr ist noch offen. Sie können neu anfangen.",
        ),
        "Die letzte Zahlung kam nicht zustande": (
            "The last payment did not come about",
            "Das letzte Bezahlen hat nicht geklappt",
        ),
        _SILENT: (
            "The payment provider did not answer. Nothing was charged, you can begin again.",
            "Der Bezahldienst hat nicht geantwortet. Sie haben kein Geld bezahlt. Sie können neu anfangen.",
        ),
        # Money that goes back.
        "Sie bekommen Geld zurück": ("You get money back", "Sie bekommen Geld zurück"),
        _TWICE: (
            ("The fee was paid twice. The second payment of {day}, {amount}, is marked for refund."),
            (
                "Sie haben die Gebühr zwei Mal bezahlt. Die zweite Zahlung war am {day}. "
                "Sie bekommen diese {amount} zurück."
            ),
        ),
        _WITHDRAWN: (
            "Your application is withdrawn. Your payment of {day}, {amount}, is marked for refund.",
            "Ihr Antrag ist zurückgezogen. Sie haben am {day} bezahlt. Sie bekommen {amount} zurück.",
        ),
        _STRAY: (
            "The time to pay was over. Your payment of {day}, {amount}, is marked for refund.",
            "Die Zeit zum Bezahlen war vorbei. Sie haben am {day} bezahlt. Sie bekommen {amount} zurück.",
        ),
        _OTHER: (
            (
                "The payment provider names {amount} for {day} instead of {due}. This payment does not count "
                "for the fee and is marked for refund."
            ),
            (
                "Sie haben am {day} {amount} bezahlt. Die Gebühr ist aber {due}. Deshalb zählt diese Zahlung "
                "nicht. Sie bekommen das Geld zurück."
            ),
        ),
        "Sie müssen nichts tun. Halten Sie bei Fragen das Kassenzeichen bereit.": (
            "You need not do anything. Have the reference number ready if you have questions.",
            "Sie müssen nichts tun. Haben Sie Fragen? Dann nennen Sie bitte das Kassenzeichen.",
        ),
        "Erstattungen": ("Refunds", "Geld zurück"),
        "{amount} am {day} erstattet": ("{amount} refunded on {day}", "{amount} am {day} zurückbezahlt"),
        "{amount} werden erstattet, veranlasst am {day}": (
            "{amount} are being refunded, ordered on {day}",
            "Sie bekommen {amount} zurück. Wir haben das am {day} in Auftrag gegeben",
        ),
        "Erstattet am {day}": ("Refunded on {day}", "Zurückbezahlt am {day}"),
        "Verbleibt": ("Remains", "Das bleibt bezahlt"),
        # The fee.
        "Betrag": ("Amount", "Betrag"),
        "Wofür": ("For", "Wofür"),
        "Gebühr zum Antrag {reference}": (
            "Fee for application {reference}",
            "Gebühr für den Antrag {reference}",
        ),
        "An": ("To", "An"),
        "Kassenzeichen": ("Reference number (Kassenzeichen)", "Kassenzeichen"),
        # How to go on.
        "Zahlungsbestätigung ansehen": ("Look at the confirmation of payment", "Bestätigung ansehen"),
        "So geht es weiter": ("How it goes on", "So geht es weiter"),
        _CHOOSE: (
            ("You choose how to pay and go to the payment provider's page. We get no card or account data."),
            (
                "Sie suchen aus: Wie wollen Sie bezahlen? Dann kommen Sie auf eine andere Internet-Seite. "
                "Dort bezahlen Sie. Wir sehen die Daten von Ihrem Konto nicht."
            ),
        ),
        "Danach kommen Sie hierher zurück und sehen, ob es geklappt hat.": (
            "After that you come back here and see whether it worked.",
            "Danach kommen Sie wieder hierher. Sie sehen dann: Hat es geklappt?",
        ),
        "Wenn die Gebühr eingegangen ist, wird Ihr Antrag bearbeitet.": (
            "Once the fee has arrived, your application is processed.",
            "Ist das Geld da? Dann bearbeitet das Amt Ihren Antrag.",
        ),
        "Zahlart": ("How to pay", "Wie wollen Sie bezahlen?"),
        "Zahlung fortsetzen": ("Go on with the payment", "Weiter bezahlen"),
        "Weiter zum Bezahldienst": ("Go on to the payment provider", "Weiter zum Bezahlen"),
        _NOWHERE: (
            (
                "At present one cannot pay online here. Transfer the fee with the reference number "
                "(Kassenzeichen) as purpose, or ask your municipality."
            ),
            (
                "Sie können hier gerade nicht bezahlen. Bitte überweisen Sie das Geld. Schreiben Sie dabei "
                "das Kassenzeichen auf. Oder fragen Sie Ihre Stadt."
            ),
        ),
        "Vorführung": ("Demonstration", "Vorführung"),
        "Dies ist eine Vorführung: Der Bezahldienst ist nicht echt, es fließt kein Geld.": (
            "This is a demonstration: the payment provider is not real, no money flows.",
            "Das ist nur zum Zeigen. Sie bezahlen kein echtes Geld.",
        ),
        # The receipt.
        "{city} bestätigt den Eingang der folgenden Gebühr.": (
            "{city} confirms that the following fee was paid.",
            "{city} bestätigt: Sie haben diese Gebühr bezahlt.",
        ),
        "Eingegangen am": ("Received on", "Angekommen am"),
        "Empfänger": ("Recipient", "Das Geld ist für"),
        "Sie können diese Seite ausdrucken oder als PDF sichern.": (
            "You can print this page or save it as PDF.",
            "Sie können diese Seite drucken oder speichern.",
        ),
        # Ways to pay, as in model/methods.py.
        "Bezahlplattform der Kommune": ("The municipality's payment platform", "Bezahlen bei der Stadt"),
        "Sie wählen die Zahlart auf der Seite der Bezahlplattform.": (
            "You choose how to pay on the platform's page.",
            "Dort suchen Sie aus: Wie wollen Sie bezahlen?",
        ),
        "Kreditkarte oder Debitkarte": ("Credit or debit card", "Karte von der Bank"),
        "Sie geben die Karte auf der Seite von Stripe ein.": (
            "You enter the card on Stripe's page.",
            "Sie geben die Nummer von der Karte auf der Seite von Stripe ein.",
        ),
        "PayPal": ("PayPal", "PayPal"),
        "Sie melden sich bei PayPal an und bestätigen dort den Betrag.": (
            "You log in at PayPal and confirm the amount there.",
            "Sie melden sich bei PayPal an. Dort sagen Sie Ja zu dem Betrag.",
        ),
        "Wero": ("Wero", "Wero"),
        "Sie bestätigen die Zahlung in Ihrer Banking- oder Wero-App.": (
            "You confirm the payment in your banking or Wero app.",
            "Sie sagen in der App von Ihrer Bank oder in der App von Wero Ja.",
        ),
        "Kreditkarte": ("Credit card", "Karte von der Bank"),
        "Überweisung": ("Bank transfer", "Überweisung"),
        "giropay (bis 31.12.2024)": ("giropay (until 31 Dec 2024)", "giropay (bis 31.12.2024)"),
        "paydirekt": ("paydirekt", "paydirekt"),
        # Why it was not begun.
        "Der Bezahldienst hat die Zahlung nicht angenommen. Es wurde nichts abgebucht.": (
            "The payment provider did not take the payment. Nothing was charged.",
            "Der Bezahldienst hat Nein gesagt. Sie haben kein Geld bezahlt.",
        ),
        "Die Zahlung wird gerade in einem anderen Fenster begonnen. Bitte gleich noch einmal versuchen.": (
            "The payment is being begun in another window. Please try again in a moment.",
            "Sie haben in einem anderen Fenster angefangen. Bitte versuchen Sie es gleich noch einmal.",
        ),
        "Der Antrag ist zurückgezogen; es ist nichts zu bezahlen.": (
            "The application is withdrawn; there is nothing to pay.",
            "Der Antrag ist zurückgezogen. Sie müssen nichts bezahlen.",
        ),
        "Diese Kommune nimmt zurzeit keine Zahlungen an.": (
            "This municipality takes no payments at present.",
            "Sie können bei dieser Stadt gerade nicht bezahlen.",
        ),
    }
)
WHY = {"overpaid": _TWICE, "waived": _WITHDRAWN, "expired": _STRAY, "mismatch": _OTHER}
"""Why an attempt's money goes back (Flag)."""
