# SPDX-License-Identifier: EUPL-1.2
"""What pages of writing to the office say to citizens, in the languages of forms. German is the key."""

CONVERSATION: dict[str, tuple[str, str]] = {
    "Nachrichten": ("Messages", "Nachrichten"),
    "Noch keine Nachrichten.": ("No messages yet.", "Noch keine Nachrichten."),
    "Frage des Amts": ("Question of the office", "Das Amt fragt"),
    "Nachricht des Amts": ("Message of the office", "Das Amt schreibt"),
    "Ihre Nachricht": ("Your message", "Das haben Sie geschrieben"),
    "Nachricht an das Amt schreiben": ("Write to the office", "An das Amt schreiben"),
    "Nachricht": ("Message", "Ihre Nachricht"),
    "Nachricht senden": ("Send the message", "Nachricht abschicken"),
    "Ihre Antwort": ("Your answer", "Ihre Antwort"),
    "Danach geht der Antrag zurück an das Amt.": (
        "Then the application goes back to the office.",
        "Dann prüft das Amt weiter.",
    ),
    "Antwort senden": ("Send the answer", "Antwort abschicken"),
    "Dateien": ("Files", "Dateien"),
    "Als PDF, PNG oder JPEG, höchstens 10 MB je Datei.": (
        "As PDF, PNG or JPEG, at most 10 MB each.",
        "Erlaubt sind PDF, PNG und JPEG. Eine Datei darf höchstens 10 MB groß sein.",
    ),
    "Noch nicht gesendet": ("Not sent yet", "Noch nicht abgeschickt"),
    "Fehler: Noch nicht gesendet": ("Error: not sent yet", "Fehler: Noch nicht abgeschickt"),
    "Zurück, ohne zu senden": ("Back without sending", "Zurück. Nichts abschicken"),
    "Bitte antworten Sie bis zum {day}.": (
        "Please answer by {day}.",
        "Bitte antworten Sie. Sie haben Zeit bis zum {day}.",
    ),
    "Der Text fehlt.": ("The text is missing.", "Der Text fehlt."),
    "Schreiben Sie, worum es geht.": ("Write what it is about.", "Schreiben Sie etwas in das Feld."),
    "Der Text ist zu lang.": ("The text is too long.", "Der Text ist zu lang."),
    "Schreiben Sie höchstens 4000 Zeichen.": (
        "Write 4000 characters at most.",
        "Schreiben Sie höchstens 4000 Zeichen.",
    ),
    "Der Text enthält ein Zeichen, das nicht erlaubt ist.": (
        "The text holds a character that is not allowed.",
        "In dem Text ist ein falsches Zeichen.",
    ),
    "Geben Sie ihn neu ein.": ("Type it in again.", "Schreiben Sie den Text noch einmal."),
    "Die Datei ist leer.": ("The file is empty.", "Die Datei ist leer."),
    "Wählen Sie eine andere.": ("Choose another one.", "Nehmen Sie eine andere Datei."),
    "Die Datei ist zu groß.": ("The file is too large.", "Die Datei ist zu groß."),
    "Verkleinern Sie sie oder teilen Sie sie auf.": (
        "Make it smaller, or split it.",
        "Nehmen Sie eine kleinere Datei.",
    ),
    "Die Datei ist von einer Art, die wir nicht annehmen, oder beschädigt.": (
        "The file is of a kind that we do not take, or damaged.",
        "Diese Datei geht nicht. Vielleicht ist die Datei kaputt.",
    ),
    "Speichern Sie sie neu als eine der genannten Arten.": (
        "Save it anew as one of the kinds named.",
        "Speichern Sie die Datei als PDF, PNG oder JPEG.",
    ),
    "Entfernen Sie zuerst eine.": ("Remove one first.", "Löschen Sie zuerst eine Datei."),
    "In der Datei wurde Schadsoftware gefunden.": (
        "Malware was found in the file.",
        "In der Datei ist ein Computer-Virus.",
    ),
    "Wir können die Datei gerade nicht auf Schadsoftware prüfen.": (
        "We cannot check the file for malware at the moment.",
        "Wir können die Datei jetzt nicht prüfen.",
    ),
    "Versuchen Sie es später noch einmal.": ("Try again later.", "Versuchen Sie es später noch einmal."),
}
