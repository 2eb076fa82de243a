# SPDX-License-Identifier: EUPL-1.2
"""What the pages of filling in say themselves, in the languages a form may be in. German is the key."""

from mash_forms.views.cosigning_phrases import COSIGNING
from mash_forms.views.phrases_conversation import CONVERSATION
from mash_forms.views.stronger_phrases import STRONGER
from mash_sdk.phrases import Phrases

_FIRST = (
    "Füllen Sie alle Felder aus, außer wenn „optional“ dabei steht. Ihre Angaben werden mit jedem Schritt "
    "gespeichert; Sie können jederzeit aufhören und später weitermachen:"
)
_ELSEWHERE = (
    "Darüber entscheidet: {authority}. Die {city} hat keinen Antrag erhalten und leitet nichts weiter. "
    "Stellen Sie den Antrag dort selbst."
)
_STAYS = (
    "Ihre Angaben bleiben bis zum {day} in Ihrem Konto, damit Sie das Dokument wieder abrufen können. "
    "Sie können sie dort jederzeit löschen:"
)
_BEFORE = (
    "In Ihrem Antrag „{title}“ vom {day} ({reference}) stehen diese Angaben. Sie können sie übernehmen und "
    "danach ändern. Ohne Ihr Häkchen übernehmen wir nichts."
)
_ASK = (
    "Auf unseren Bescheiden steht ein Prüfcode. "
    "Hier erfahren Sie, ob ein Schreiben von uns stammt und noch gilt."
)
_OF_US = (
    "Wir haben es ausgestellt und nicht zurückgenommen. Vergleichen Sie diese Angaben mit dem Schreiben; "
    "stimmt eine nicht, wurde es verändert."
)
_NOT_OF_US = (
    "Zu diesem Prüfcode gibt es kein Schreiben dieser Kommune. Prüfen Sie jedes Zeichen. "
    "Steht der Code so auf dem Schreiben, stammt es nicht von uns."
)
_NO_FEE = (
    "Aus diesen Angaben lässt sich die Gebühr nicht berechnen. Deshalb können Sie den Antrag so nicht "
    "abgeben. Ihre Angaben bleiben gespeichert. Prüfen Sie Ihre Zahlen, oder wenden Sie sich an:"
)
_PHRASES: dict[str, tuple[str, str]] = {
    **CONVERSATION,
    **STRONGER,
    **COSIGNING,
    "Schritt {n} von {total}": ("Step {n} of {total}", "Schritt {n} von {total}"),
    "Fehler": ("Error", "Fehler"),
    "Eine Angabe fehlt oder ist falsch": (
        "One answer is missing or wrong",
        "Eine Antwort fehlt oder ist falsch",
    ),
    "{n} Angaben fehlen oder sind falsch": (
        "{n} answers are missing or wrong",
        "{n} Antworten fehlen oder sind falsch",
    ),
    "{what} entfernen": ("Remove {what}", "{what} löschen"),
    "Als {kinds}, höchstens {size} je Datei.": (
        "As {kinds}, at most {size} each.",
        "Erlaubt sind {kinds}. Eine Datei darf höchstens {size} groß sein.",
    ),
    "Bis zu {n} Dateien.": ("Up to {n} files.", "Höchstens {n} Dateien."),
    "Entfernen": ("Remove", "Löschen"),
    "Mehr Dateien nehmen wir hier nicht an.": (
        "We take no more files here.",
        "Mehr Dateien gehen hier nicht.",
    ),
    "Datei hochladen": ("Upload file", "Datei hochladen"),
    "Bitte wählen": ("Please choose", "Bitte wählen Sie"),
    "optional": ("optional", "Sie müssen das nicht ausfüllen"),
    "Bitte ergänzen Sie": ("Please add", "Bitte füllen Sie noch mehr aus"),
    "Ihre Angaben sind gespeichert.": ("Your answers are saved.", "Ihre Antworten sind gespeichert."),
    "Aus Ihren Angaben ergeben sich weitere Fragen auf dieser Seite.": (
        "Your answers lead to further questions on this page.",
        "Wir haben noch mehr Fragen. Die Fragen sind auf dieser Seite.",
    ),
    "Sie haben diesen Antrag schon begonnen": (
        "You have begun this application already",
        "Sie haben diesen Antrag schon angefangen",
    ),
    "Zuletzt geändert am {when}.": ("Last changed on {when}.", "Zuletzt geändert am {when}."),
    "Mit dem begonnenen Antrag weitermachen": ("Go on with it", "Mit diesem Antrag weitermachen"),
    "Oder beginnen Sie hier einen neuen.": ("Or begin a new one here.", "Oder fangen Sie hier neu an."),
    _FIRST: (
        "Fill in every field that is not marked “optional”. Your answers are kept; go on later in",
        "Bitte füllen Sie alle Felder aus. Wir speichern Ihre Antworten. Sie können später weitermachen:",
    ),
    "Kein Termin": ("No appointment", "Kein Termin"),
    "Ihre Wahl: {when}": ("Your choice: {when}", "Ihr Termin: {when}"),
    "bis {time} für Sie reserviert": ("kept for you until {time}", "bis {time} nur für Sie"),
    "noch nicht reserviert": ("not kept for you", "noch nicht sicher"),
    "Frühere Woche": ("Earlier week", "Frühere Woche"),
    "Spätere Woche": ("Later week", "Spätere Woche"),
    "Zurzeit ist kein Termin frei.": ("There is no free appointment now.", "Jetzt ist kein Termin frei."),
    "Ein Termin dauert {n} Minuten.": ("An appointment takes {n} minutes.", "Der Termin dauert {n} Minuten."),
    "{n} frei": ("{n} free", "{n} frei"),
    "Das haben Sie uns schon einmal gesagt": (
        "You have told us this before",
        "Das haben Sie uns schon einmal gesagt",
    ),
    _BEFORE: (
        (
            "Your application “{title}” of {day} ({reference}) holds these answers. You can take them over "
            "and change them afterwards. Without your tick we take over nothing."
        ),
        (
            "Diese Antworten stehen in Ihrem Antrag „{title}“ vom {day} ({reference}). "
            "Sie können die Antworten noch einmal benutzen. Ohne Ihr Häkchen machen wir das nicht."
        ),
    ),
    "Ja, übernehmen Sie diese Angaben für diesen Antrag. Das wird vermerkt.": (
        "Yes, take these answers over for this application. This is put on record.",
        "Ja, benutzen Sie diese Antworten für diesen Antrag. Wir schreiben das auf.",
    ),
    "Das Häkchen fehlt; es wurde nichts übernommen.": (
        "The tick is missing; nothing was taken over.",
        "Das Häkchen fehlt. Wir haben nichts gemacht.",
    ),
    "Setzen Sie es, oder füllen Sie die Felder selbst aus.": (
        "Set it, or fill in the fields yourself.",
        "Setzen Sie das Häkchen. Oder füllen Sie die Felder selbst aus.",
    ),
    "Angaben übernehmen": ("Take the answers over", "Antworten benutzen"),
    "Aus Ihrer Anmeldung übernommen; Sie können es ändern.": (
        "Taken from your login; you can change it.",
        "Das steht in Ihrem Konto. Sie können es ändern.",
    ),
    "Ihr Konto": ("your account", "Ihr Konto"),
    "Weiter": ("Next", "Weiter"),
    "Zurück": ("Back", "Zurück"),
    "Speichern und zurück zur Übersicht": ("Save and return to the overview", "Speichern und zurück"),
    "Speichern und später weitermachen": ("Save and go on later", "Speichern und später weitermachen"),
    "Sprache": ("Language", "Sprache"),
    "Prüfen und abgeben": ("Check and hand in", "Prüfen und abgeben"),
    "Angaben prüfen": ("Check your answers", "Antworten prüfen"),
    "Prüfen Sie Ihre Angaben. Danach bekommen Sie das ausgefüllte Dokument. Abgegeben wird hier nichts.": (
        "Check your answers. Then you get the document, filled in. Nothing is handed in here.",
        "Lesen Sie alles noch einmal. Dann bekommen Sie ein fertiges Blatt. Hier wird nichts abgegeben.",
    ),
    "Weiter zu Ihren Unterlagen": ("On to your documents", "Weiter zu Ihren Unterlagen"),
    "Später weitermachen: Ihre Angaben bleiben in Ihrem Konto": (
        "Go on later: your answers stay in your account",
        "Später weitermachen. Ihre Antworten bleiben in Ihrem Konto",
    ),
    "Ihre Unterlagen": ("Your documents", "Ihre Unterlagen"),
    "Das ist noch kein Antrag": ("This is no application yet", "Das ist noch kein Antrag"),
    _ELSEWHERE: (
        (
            "This is decided by: {authority}. The {city} has received no application and passes nothing on. "
            "Apply there yourself."
        ),
        (
            "Darüber entscheidet ein anderes Amt: {authority}. Die {city} hat keinen Antrag bekommen. "
            "Sie müssen den Antrag selbst bei dem anderen Amt abgeben."
        ),
    ),
    "Dokument herunterladen (PDF)": ("Download the document (PDF)", "Blatt herunterladen (PDF)"),
    "Dokument ansehen und drucken (PDF)": (
        "Look at the document and print it (PDF)",
        "Blatt ansehen und drucken (PDF)",
    ),
    "Das nehmen Sie mit": ("What to take along", "Das nehmen Sie mit"),
    "Das Dokument mit Ihren Angaben": ("The document with your answers", "Das Blatt mit Ihren Antworten"),
    "Wohin damit": ("Where to take it", "Wohin damit?"),
    "Ihre Angaben": ("Your answers", "Ihre Antworten"),
    "In der Reihenfolge des Vordrucks": (
        "In the order of the authority's form",
        "In der gleichen Reihenfolge wie auf dem Blatt vom Amt",
    ),
    "Angaben ändern": ("Change your answers", "Antworten ändern"),
    _STAYS: (
        (
            "Your answers stay in your account until {day}, so that you can fetch the document again. "
            "You can delete them there at any time:"
        ),
        (
            "Ihre Antworten bleiben bis zum {day} in Ihrem Konto. "
            "So können Sie das Blatt noch einmal holen. Sie können alles löschen:"
        ),
    ),
    "Es fehlt noch etwas": ("Something is missing", "Es fehlt noch etwas"),
    "eine Angabe": ("one answer", "eine Antwort"),
    "{n} Angaben": ("{n} answers", "{n} Antworten"),
    "Prüfen Sie Ihre Angaben. Abgegeben ist der Antrag erst, wenn Sie unten auf die Schaltfläche drücken.": (
        "Check your answers. The application is handed in only when you press the button below.",
        "Lesen Sie alles noch einmal. Drücken Sie unten auf den Knopf. Erst dann ist der Antrag abgegeben.",
    ),
    "Keine Angaben": ("No answers", "Keine Antworten"),
    "Ändern": ("Change", "Ändern"),
    "Daraus ergibt sich": ("What follows from it", "Das ergibt sich daraus"),
    "Gebühr": ("Fee", "Was kostet das?"),
    "Die Gebühr steht fest, sobald alle Angaben vollständig sind.": (
        "The fee is known once all answers are complete.",
        "Erst müssen alle Antworten da sein. Dann steht hier der Preis.",
    ),
    _NO_FEE: (
        (
            "The fee cannot be worked out from these answers. So you cannot hand in the application. "
            "Your answers stay saved. Check your numbers, or turn to:"
        ),
        (
            "Wir können den Preis nicht ausrechnen. So können Sie den Antrag nicht abgeben. "
            "Ihre Antworten bleiben gespeichert. Prüfen Sie Ihre Zahlen. Oder fragen Sie hier:"
        ),
    ),
    "Zusammen": ("Together", "Zusammen"),
    "Dieser Antrag kostet nichts.": ("This application costs nothing.", "Der Antrag kostet nichts."),
    "Datenschutz": ("Privacy", "Datenschutz"),
    "Gebührenpflichtig beantragen": ("Apply, with obligation to pay the fee", "Antrag abgeben und bezahlen"),
    "Antrag abgeben": ("Hand in the application", "Antrag abgeben"),
    "Später abgeben: der Entwurf bleibt in Ihrem Konto": (
        "Hand in later: the draft stays in your account",
        "Später abgeben. Der Antrag bleibt in Ihrem Konto",
    ),
    "Schreiben prüfen": ("Check a letter", "Einen Brief prüfen"),
    _ASK: (
        "Our decision letters carry a code. Find out here whether a letter is ours and still holds.",
        "Auf unseren Briefen steht ein Prüf-Code. Hier sehen Sie: Ist der Brief von uns? Gilt er noch?",
    ),
    "Dieses Schreiben gilt nicht mehr": ("This letter holds no longer", "Dieser Brief gilt nicht mehr"),
    "Wir haben es ausgestellt und am {when} zurückgenommen.": (
        "We issued it, and withdrew it on {when}.",
        "Der Brief ist von uns. Aber am {when} haben wir gesagt: Der Brief gilt nicht mehr.",
    ),
    "Dieses Schreiben stammt von uns": ("This letter is ours", "Dieser Brief ist von uns"),
    _OF_US: (
        (
            "We issued it and have not withdrawn it. Compare what follows with the letter: "
            "if anything differs, somebody changed it."
        ),
        (
            "Der Brief gilt. Lesen Sie jetzt noch: Steht auf Ihrem Brief das Gleiche wie hier? "
            "Steht dort etwas anderes? Dann hat jemand den Brief verändert."
        ),
    ),
    "Was auf dem Schreiben stehen muss": ("What the letter has to say", "Das muss auf dem Brief stehen"),
    "Aktenzeichen": ("Reference", "Akten-Zeichen"),
    "Datum": ("Date", "Datum"),
    "Entscheidung": ("Decision", "Entscheidung"),
    "Ausgestellt von": ("Issued by", "Dieses Amt hat den Brief geschrieben"),
    "Genehmigt": ("Approved", "Ja: Sie dürfen das"),
    "Abgelehnt": ("Rejected", "Nein: Sie dürfen das nicht"),
    "Namen und andere persönliche Angaben zeigen wir hier nicht.": (
        "We show no names here and nothing else that is personal.",
        "Ihren Namen zeigen wir hier nicht.",
    ),
    "Prüfcode": ("Code", "Prüf-Code"),
    "16 Zeichen, zum Beispiel 7K2M-9QXC-4TRB-W0ZD. Groß oder klein ist gleich.": (
        "16 characters, for example 7K2M-9QXC-4TRB-W0ZD. Upper or lower case does not matter.",
        "16 Zeichen. Zum Beispiel: 7K2M-9QXC-4TRB-W0ZD. Sie können groß oder klein schreiben.",
    ),
    "Prüfen": ("Check", "Prüfen"),
    "Der Prüfcode fehlt. Tragen Sie ihn so ein, wie er auf dem Schreiben steht.": (
        "The code is missing. Type it as it stands on the letter.",
        "Der Prüf-Code fehlt. Schreiben Sie ihn so, wie er auf dem Brief steht.",
    ),
    "Das ist kein Prüfcode. Er hat 16 Zeichen in vier Gruppen. Prüfen Sie jedes Zeichen.": (
        "This is no code. It has 16 characters in four groups. Check each character.",
        "Das ist kein Prüf-Code. Ein Prüf-Code hat 16 Zeichen. Prüfen Sie jedes Zeichen.",
    ),
    _NOT_OF_US: (
        (
            "This city has issued no letter with this code. Check each character. "
            "If the letter carries this very code, it is not ours."
        ),
        (
            "Zu diesem Prüf-Code haben wir keinen Brief. Prüfen Sie jedes Zeichen. "
            "Steht der Code genau so auf dem Brief? Dann ist der Brief nicht von uns."
        ),
    ),
}


say = Phrases(_PHRASES).say
"""Return what a page asks for its words in a language; German where there is no other."""
