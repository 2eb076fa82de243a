# SPDX-License-Identifier: EUPL-1.2
"""Files that applicants send: what they are is told by their bytes, never by their name or by who sends them.

Only three kinds are taken. None of them is a container that is unpacked here, so there is no bomb to defuse;
a file that is two kinds at once (a polyglot) is refused.
"""

import struct
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

PIXELS = 100_000_000
"""A picture with more is refused: a few bytes may claim any size, and whoever opens it pays for it."""
NAME_LENGTH = 100
_PNG = b"\x89PNG\r\n\x1a\n"
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 22 + 0xFFFF
_PDF_TAIL = 2048
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


class Kind(StrEnum):
    """What may be sent."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"

    @property
    def media_type(self) -> str:
        return "application/pdf" if self is Kind.PDF else f"image/{self.value}"

    @property
    def ending(self) -> str:
        return ".jpg" if self is Kind.JPEG else f".{self.value}"


class Verdict(StrEnum):
    """What the scanner for malware said; UNSCANNED where there is none."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNED = "unscanned"


class Refusal(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    SIZE = "size"
    TYPE = "type"
    COUNT = "count"
    INFECTED = "infected"
    UNCHECKED = "unchecked"


REFUSALS = {
    Refusal.EMPTY: ("Die Datei ist leer.", "Wählen Sie eine andere."),
    Refusal.SIZE: ("Die Datei ist zu groß.", "Verkleinern Sie sie oder teilen Sie sie auf."),
    Refusal.TYPE: (
        "Die Datei ist von einer Art, die wir nicht annehmen, oder beschädigt.",
        "Speichern Sie sie neu als eine der genannten Arten.",
    ),
    Refusal.COUNT: ("Mehr Dateien nehmen wir hier nicht an.", "Entfernen Sie zuerst eine."),
    Refusal.INFECTED: ("In der Datei wurde Schadsoftware gefunden.", "Wählen Sie eine andere."),
    Refusal.UNCHECKED: (
        "Wir können die Datei gerade nicht auf Schadsoftware prüfen.",
        "Versuchen Sie es später noch einmal.",
    ),
}
"""Reason and remedy."""


@dataclass(frozen=True)
class Attachment:
    """A file that belongs to a draft or application (`owner`); its bytes stay in the store."""

    id: str
    owner: str
    subject: str
    field: str
    name: str
    kind: Kind
    size: int
    sha256: str
    verdict: Verdict
    uploaded_at: datetime


def kind_of(file: BinaryIO, size: int) -> Kind | None:
    """Tell what a file is by its bytes; None if it is not taken, damaged, or two things at once."""
    head = _at(file, 0, 8)
    if _ZIP_END in _at(file, max(size - _ZIP_TAIL, 0), _ZIP_TAIL):
        return None
    if head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return Kind.PDF if b"%%EOF" in _at(file, max(size - _PDF_TAIL, 0), _PDF_TAIL) else None
    if head == _PNG:
        return Kind.PNG if _is_png(file, size) else None
    if head.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG if _is_jpeg(file, size) else None
    return None


def name_of(said: str, kind: Kind) -> str:
    """Return a name that is shown and offered for saving. It is never a path, and ends as the kind does."""
    base = unicodedata.normalize("NFC", said.replace("\\", "/").rsplit("/", 1)[-1])
    plain = "".join(c for c in base if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*%').strip(" .")
    stem = plain.rsplit(".", 1)[0] if "." in plain else plain
    return f"{stem[:NAME_LENGTH].strip(' .') or 'Datei'}{kind.ending}"


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


def _is_png(file: BinaryIO, size: int) -> bool:
    """Tell whether its chunks follow one another from a header of sane size to the end of the file."""
    place, first = len(_PNG), True
    while place + 12 <= size:
        length, kind = struct.unpack(">I4s", _at(file, place, 8))
        if first:
            width, height = struct.unpack(">II", _at(file, place + 8, 8)) if length == 13 else (0, 0)  # noqa: PLR2004 — IHDR
            if kind != b"IHDR" or not 0 < width * height <= PIXELS:
                return False
        place, first = place + 12 + length, False
        if kind == b"IEND":
            return bool(place == size)
    return False


def _is_jpeg(file: BinaryIO, size: int) -> bool:
    """Tell whether its segments lead to a frame of sane size, and it ends with its end."""
    if _at(file, size - 2, 2) != b"\xff\xd9":
        return False
    place = 2
    while place + 4 <= size:
        mark, code, length = struct.unpack(">BBH", _at(file, place, 4))
        if mark != 0xFF:  # noqa: PLR2004 — JPEG's marker
            return False
        if code in _NO_LENGTH:
            place += 2
        elif code in _FRAMES:
            height, width = struct.unpack(">HH", _at(file, place + 5, 4).ljust(4, b"\0"))
            return bool(0 < width * height <= PIXELS)
        else:
            place += 2 + length
    return False
