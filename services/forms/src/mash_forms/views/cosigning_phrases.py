# SPDX-License-Identifier: EUPL-1.2
"""What the pages say about a second person's signature, in German, English and Leichte Sprache."""

from collections.abc import Mapping

_NOBODY = (
    "Wir schreiben niemandem für Sie: Sie entscheiden, wer unterschreibt. Den Code zeigen wir nur dieses "
    "eine Mal."
)
_THEN = (
    "Die zweite Person meldet sich dort mit ihrem eigenen Konto an und sieht nur, was sie unterschreibt. "
    "Danach schreiben wir Ihnen, und Sie geben den Antrag ab. Ändern Sie vorher eine Angabe, gilt die "
    "Unterschrift nicht mehr."
)
_BEFORE = (
    "Bevor Sie den Antrag abgeben, muss noch jemand unterschreiben. Sie bekommen dafür einen Code, den Sie "
    "weitergeben. Die Person sieht nur diese Angaben:"
)
_CHANGED = (
    "Die Angaben wurden geändert, oder es wurde neu um eine Unterschrift gebeten. Ihre Unterschrift gilt "
    "nicht; vielleicht bekommen Sie einen neuen Code."
)
_AS = "Sie unterschreiben als {name}. Das Amt sieht Namen, Zeit und Vertrauensniveau Ihrer Anmeldung."
COSIGNING: Mapping[str, tuple[str, str]] = {
    "Bitte um eine Unterschrift": ("Asking for a signature", "Bitte um eine Unterschrift"),
    "Geben Sie Adresse und Code weiter": ("Pass on address and code", "Geben Sie Adresse und Code weiter"),
    _NOBODY: (
        "We write to nobody for you: you decide who signs. We show the code this once only.",
        "Wir schreiben der Person nicht. Das machen Sie selbst. Den Code sehen Sie nur jetzt.",
    ),
    "Adresse": ("Address", "Adresse im Internet"),
    "Code": ("Code", "Code"),
    "Gilt bis": ("Valid until", "Gilt bis"),
    _THEN: (
        (
            "The second person logs in there with their own account and sees only what they sign. Then we "
            "write to you, and you hand in the application. If you change an answer before, it "
            "holds no longer."
        ),
        (
            "Die Person meldet sich dort mit ihrem eigenen Konto an. Sie sieht nur wenige Antworten. Dann "
            "unterschreibt sie. Danach schreiben wir Ihnen. Dann geben Sie den Antrag ab. Ändern Sie bis "
            "dahin nichts. Sonst gilt die Unterschrift nicht."
        ),
    ),
    "Mit unterschreiben": ("Sign as the second person", "Mit unterschreiben"),
    "Jemand hat Sie um Ihre Unterschrift unter einem Antrag gebeten und Ihnen einen Code gegeben.": (
        "Somebody has asked you to sign an application and has given you a code.",
        "Jemand möchte Ihre Unterschrift für einen Antrag. Sie haben dafür einen Code bekommen.",
    ),
    "16 Zeichen in vier Gruppen. Groß oder klein ist gleich.": (
        "16 characters in four groups. Upper and lower case are the same.",
        "Der Code hat 16 Zeichen. Groß oder klein: das ist gleich.",
    ),
    "Das ist Ihr eigener Antrag.": ("This is your own application.", "Das ist Ihr eigener Antrag."),
    "Unterschreiben muss ihn jemand anderes, mit eigenem Konto.": (
        "Somebody else has to sign it, with an account of their own.",
        "Eine andere Person muss unterschreiben. Sie braucht ein eigenes Konto.",
    ),
    "Diesen Code gibt es nicht, er ist abgelaufen, oder jemand hat ihn schon benutzt.": (
        "There is no such code, it has expired, or somebody has used it already.",
        "Der Code ist falsch oder zu alt. Oder jemand hat ihn schon benutzt.",
    ),
    "Prüfen Sie jedes Zeichen, oder bitten Sie um einen neuen.": (
        "Check each character, or ask for a new one.",
        "Lesen Sie den Code noch einmal. Oder bitten Sie um einen neuen Code.",
    ),
    "Sie haben unterschrieben": ("You have signed", "Sie haben unterschrieben"),
    "Am {when}. Die antragstellende Person gibt den Antrag jetzt ab.": (
        "On {when}. The applicant hands in the application now.",
        "Am {when}. Die andere Person gibt den Antrag jetzt ab.",
    ),
    "Sie haben nicht unterschrieben": ("You have not signed", "Sie haben nicht unterschrieben"),
    "Ihr Grund:": ("Your reason:", "Ihr Grund:"),
    "Diese Bitte gilt nicht mehr": ("This request holds no longer", "Diese Bitte gilt nicht mehr"),
    _CHANGED: (
        (
            "The answers were changed, or a signature was asked for anew. Your signature does not count; you "
            "may be given a new code."
        ),
        "Die Antworten sind jetzt anders. Ihre Unterschrift gilt nicht. Fragen Sie nach einem neuen Code.",
    ),
    "Die Frist ist abgelaufen": ("The time is over", "Die Zeit ist um"),
    "Bitten Sie um einen neuen Code.": ("Ask for a new code.", "Bitten Sie um einen neuen Code."),
    "Wer Sie darum bittet": ("Who asks you", "Wer Sie darum bittet"),
    "Das unterschreiben Sie": ("What you sign", "Das unterschreiben Sie"),
    "Mehr von dem Antrag sehen Sie nicht.": (
        "You see no more of the application.",
        "Mehr von dem Antrag sehen Sie nicht.",
    ),
    "Das Häkchen fehlt; es ist nicht unterschrieben.": (
        "The tick is missing; nothing is signed.",
        "Das Häkchen fehlt. Sie haben nicht unterschrieben.",
    ),
    "Setzen Sie es, oder lehnen Sie unten ab.": (
        "Set it, or decline below.",
        "Setzen Sie das Häkchen. Oder sagen Sie unten Nein.",
    ),
    _AS: (
        "You sign as {name}. The office sees your name, the time and the trust level of your login.",
        "Sie unterschreiben als {name}. Das Amt sieht Ihren Namen und die Zeit.",
    ),
    "Unterschreiben": ("Sign", "Unterschreiben"),
    "Nicht unterschreiben": ("Not sign", "Nicht unterschreiben"),
    "Warum nicht?": ("Why not?", "Warum nicht?"),
    "Das liest die Person, die Sie darum gebeten hat. Höchstens {n} Zeichen.": (
        "The person who asked you reads this. At most {n} characters.",
        "Das liest die Person, die Sie gefragt hat. Höchstens {n} Zeichen.",
    ),
    "Der Grund fehlt oder ist zu lang.": (
        "The reason is missing or too long.",
        "Der Grund fehlt oder ist zu lang.",
    ),
    "Schreiben Sie ihn in einem Satz.": ("Write it in one sentence.", "Schreiben Sie einen Satz."),
    "Ablehnen": ("Decline", "Nein sagen"),
    "Zweite Unterschrift: {who}": ("Second signature: {who}", "Zweite Unterschrift: {who}"),
    "Unterschrieben": ("Signed", "Unterschrieben"),
    "Am {when} von {name}. Ändern Sie eine Angabe, gilt die Unterschrift nicht mehr.": (
        "On {when} by {name}. If you change an answer, the signature holds no longer.",
        "Am {when} von {name}. Ändern Sie jetzt nichts mehr. Sonst gilt die Unterschrift nicht.",
    ),
    "Nicht unterschrieben": ("Not signed", "Nicht unterschrieben"),
    "{name} hat abgelehnt:": ("{name} has declined:", "{name} hat Nein gesagt:"),
    "Die Unterschrift gilt nicht mehr": (
        "The signature holds no longer",
        "Die Unterschrift gilt nicht mehr",
    ),
    "Nach der Bitte um die Unterschrift haben sich Angaben geändert. Bitten Sie noch einmal darum.": (
        "Answers have changed since the signature was asked for. Ask for it again.",
        "Sie haben danach etwas geändert. Bitten Sie noch einmal um die Unterschrift.",
    ),
    "Bitten Sie noch einmal darum.": ("Ask for it again.", "Bitten Sie noch einmal darum."),
    "Wartet auf die Unterschrift": ("Waits for the signature", "Die Unterschrift fehlt noch"),
    "Der Code gilt bis {when}.": ("The code is valid until {when}.", "Der Code gilt bis {when}."),
    "Die zweite Person hat ihn schon benutzt.": (
        "The second person has used it already.",
        "Die andere Person hat den Code schon benutzt.",
    ),
    "Noch hat ihn niemand benutzt.": ("Nobody has used it yet.", "Noch hat niemand den Code benutzt."),
    _BEFORE: (
        (
            "Before you hand in the application, somebody else has to sign. You get a code for that, which "
            "you pass on. That person sees these answers only:"
        ),
        (
            "Eine andere Person muss auch unterschreiben. Erst dann können Sie den Antrag abgeben. Sie "
            "bekommen einen Code. Den Code geben Sie der Person. Die Person sieht nur diese Antworten:"
        ),
    ),
    "Neuen Code holen": ("Get a new code", "Neuen Code holen"),
    "Code für die Unterschrift holen": ("Get a code for the signature", "Code für die Unterschrift holen"),
}
