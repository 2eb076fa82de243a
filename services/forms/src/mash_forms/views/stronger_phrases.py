# SPDX-License-Identifier: EUPL-1.2
"""What the pages say about logging in more strongly, in German, English and Leichte Sprache."""

from collections.abc import Mapping

STRONGER: Mapping[str, tuple[str, str]] = {
    "Stärker anmelden": ("Log in more strongly", "Sicherer anmelden"),
    "Speichern und stärker anmelden": ("Save and log in more strongly", "Speichern und sicherer anmelden"),
    "Jetzt stärker anmelden": ("Log in more strongly now", "Jetzt sicherer anmelden"),
    "Für einige Angaben reicht Ihre Anmeldung nicht": (
        "Your login is not strong enough for some answers",
        "Für einige Antworten müssen Sie sich sicherer anmelden",
    ),
    "Diese Angabe braucht eine stärkere Anmeldung: Vertrauensniveau {needed} ({name}).": (
        "This answer needs a stronger login: trust level {needed} ({name}).",
        "Für diese Antwort müssen Sie sich sicherer anmelden. Sie brauchen Stufe {needed}: {name}.",
    ),
    "Ihre Antwort ist gespeichert. Um sie abzugeben oder zu ändern, melden Sie sich stärker an.": (
        "Your answer is kept. To hand it in or to change it, log in more strongly.",
        "Ihre Antwort ist gespeichert. Zum Abgeben müssen Sie sich sicherer anmelden.",
    ),
    "Sie sind mit Vertrauensniveau {had} ({name}) angemeldet.": (
        "You are logged in with trust level {had} ({name}).",
        "Sie sind jetzt mit Stufe {had} angemeldet: {name}.",
    ),
    "Diese Angaben brauchen Vertrauensniveau {needed} ({name}):": (
        "These answers need trust level {needed} ({name}):",
        "Diese Antworten brauchen Stufe {needed}: {name}.",
    ),
    "Dieser Antrag braucht Vertrauensniveau {needed} ({name}).": (
        "This application needs trust level {needed} ({name}).",
        "Dieser Antrag braucht Stufe {needed}: {name}.",
    ),
    "Warum: {office} muss hier besonders sicher sein, dass wirklich Sie antworten.": (
        "Why: {office} has to be especially sure here that it is really you who answers.",
        "Der Grund: Das Amt ({office}) muss sicher sein: Diese Antworten kommen von Ihnen.",
    ),
    "Ihre Angaben sind gespeichert. Nach der Anmeldung kommen Sie hierher zurück und machen weiter.": (
        "Your answers are kept. After the login you come back here and go on.",
        "Ihre Antworten sind gespeichert. Danach machen Sie hier weiter.",
    ),
    "In der Demo ist die stärkere Anmeldung ein Einmalcode aus einer App, die Sie dabei einrichten.": (
        "In the demo the stronger login is a one-time code of an app, which you set up on the way.",
        "In der Demo brauchen Sie dafür eine App auf dem Handy. Die App zeigt Ihnen einen Code.",
    ),
    "Reicht Ihre Anmeldung danach immer noch nicht, wenden Sie sich an das Amt:": (
        "If your login is still not strong enough afterwards, turn to the office:",
        "Geht es danach immer noch nicht? Dann fragen Sie beim Amt nach:",
    ),
    "Zurück zum Antrag": ("Back to the application", "Zurück zum Antrag"),
    "untergeordnet": ("basic", "einfach"),
    "normal": ("normal", "normal"),
    "substanziell": ("substantial", "sicher"),
    "hoch": ("high", "sehr sicher"),
}
