# SPDX-License-Identifier: EUPL-1.2
"""How a Datenfeld is asked for: its JSON Schema, its widget and its words. What is not done is noted."""

import math
from collections.abc import Sequence
from typing import Any

from mash_tools.xdf.regex import Untranslatable, translated
from mash_tools.xdf.schema import Field, Part, Value

LONG = 250
"""Characters from which on a text is asked for in several lines."""
UNLIMITED = 2000
FILES = 5
LARGEST_MB, USUAL_MB = 20, 10
MEDIA = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpeg"}
CHOICES_SHOWN = 5
"""Up to so many are shown side by side, more in a list."""
CENT = 0.01
_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
_MOMENT = f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME[1:]}"
_YES_NO = [{"value": True, "label": {"de": "Ja"}}, {"value": False, "label": {"de": "Nein"}}]

Shape = tuple[dict[str, Any], dict[str, Any]]


def shape(element: Field, part: Part, values: Sequence[Value], lost: list[str]) -> Shape:
    """Return the JSON Schema of a field and how it is asked for; what that leaves out goes to `lost`."""
    label = f"{element.ident.id} {element.label}"
    asking = _Asking(element, part, label, lost)
    found = asking.choice(values) if values else asking.typed()
    unchecked = sorted(element.limits.keys() - asking.limits)
    lost += [f"{label}: {name} {element.limits[name]!r} is not checked" for name in unchecked]
    if element.code_list is not None and (element.values or (element.kind != "select" and not values)):
        why = "the file has values" if element.values else "it is no selection"
        lost.append(f"{label}: its code list ({_named(element)}) is not used; {why}")
    if not asking.file and (element.media_types or element.max_size):
        said = " ".join(filter(None, (*element.media_types, element.max_size)))
        lost.append(f"{label}: what is said of files ({said}) is not used; it is none")
    return found


def _named(element: Field) -> str:
    columns = ", ".join(filter(None, element.columns))
    return f"{element.code_list or 'not named'}" + (f", columns {columns}" if columns else "")


def kept(element: Field) -> dict[str, str]:
    """What is known of a field that nobody is asked for, beside its ids and what it holds."""
    return {
        "type": element.type,
        "help": element.help,
        **element.limits,
        "values": "; ".join(f"{value.code} {value.name}" for value in element.values),
        "code_list": _named(element) if element.code_list is not None else "",
        "files": " ".join(filter(None, (*element.media_types, element.max_size))),
    }


def words(element: Field) -> dict[str, Any]:
    """What people read about a field."""
    said: dict[str, Any] = {"label": {"de": element.label}}
    if element.help:
        said["help"] = {"de": element.help}
    return said | {"errors": errors(element.label)}


def errors(label: str) -> dict[str, Any]:
    """What is said where an answer is missing or wrong."""
    missing = {"reason": f"Die Angabe „{label}“ fehlt.", "remedy": "Ergänzen Sie sie."}
    wrong = {"reason": f"Die Angabe „{label}“ ist so nicht möglich.", "remedy": "Prüfen Sie sie."}
    return {"required": {"de": missing}, "default": {"de": wrong}}


class _Asking:
    """One field; `limits` are those of its limits that are checked."""

    def __init__(self, element: Field, part: Part, label: str, lost: list[str]) -> None:
        self.element, self.part, self.label, self.lost = element, part, label, lost
        self.limits: set[str] = set()
        self.file = False

    def choice(self, values: Sequence[Value]) -> Shape:
        names = {value.code: value.name for value in reversed(values)}
        once = list(dict.fromkeys(value.code for value in values))
        if self.element.type not in {"text", "text_latin"}:
            self.lost.append(f"{self.label}: its codes are texts here, not {self.element.type}")
        if len(once) < len(values):
            self.lost.append(f"{self.label}: some of its codes are there twice; the first of each counts")
        options = [{"value": code, "label": {"de": names[code]}} for code in once]
        widget = "radio" if len(options) <= CHOICES_SHOWN else "select"
        return {"type": "string", "enum": once}, {"widget": widget, "options": options}

    def typed(self) -> Shape:  # noqa: PLR0911 — one for each type of FIM
        if self.element.kind == "select":
            where = _named(self.element)
            self.lost.append(f"{self.label}: its code list ({where}) is not in the file; any text is taken")
        match self.element.type:
            case "bool":
                return {"type": "boolean"}, {"widget": "radio", "options": _YES_NO}
            case "date":
                return {"type": "string", "format": "date"}, {"widget": "date"}
            case "time":
                return {"type": "string", "pattern": _TIME}, {"widget": "text"}
            case "datetime":
                return {"type": "string", "pattern": _MOMENT}, {"widget": "text"}
            case "num" | "num_int" | "num_currency":
                return self._number(), {"widget": "number"}
            case "file":
                return self._file()
            case "text_latin":
                self.lost.append(f"{self.label}: that it has only characters of DIN 91379 is not checked")
        return self._text()

    def _text(self) -> Shape:
        longest = self._whole("maxLength") or UNLIMITED
        about: dict[str, Any] = {"type": "string", "maxLength": longest}
        shortest = self._whole("minLength")
        if shortest > longest:
            self._contradict("minLength", "maxLength")
            about["maxLength"], shortest = UNLIMITED, 0
        if shortest:
            about["minLength"] = shortest
        if pattern := self.element.limits.get("pattern"):
            self._pattern(pattern, about)
        return about, {"widget": "textarea" if longest > LONG else "text"}

    def _pattern(self, pattern: str, about: dict[str, Any]) -> None:
        try:
            about["pattern"], anchored = translated(pattern)
        except Untranslatable as why:
            self.lost.append(f"{self.label}: its pattern cannot be said in a form: {why}")
            return  # and is told as a limit that is not checked
        self.limits.add("pattern")
        if anchored:
            what = "are characters in XML Schema; at its ends they are taken for the beginning and the end"
            self.lost.append(f"{self.label}: `^` and `$` in the pattern {pattern!r} {what}")

    def _contradict(self, least: str, most: str) -> None:
        self.limits -= {least, most}
        self.lost.append(f"{self.label}: {least} is more than {most}, which no answer can be; neither counts")

    def _number(self) -> dict[str, Any]:
        about: dict[str, Any] = {"type": "integer" if self.element.type == "num_int" else "number"}
        for name, keyword in (("minValue", "minimum"), ("maxValue", "maximum")):
            try:
                value = float(self.element.limits.get(name, "").replace(",", "."))
            except (ValueError, OverflowError):
                continue  # told as a limit that is not checked
            if math.isfinite(value):
                about[keyword] = int(value) if value.is_integer() else value
                self.limits.add(name)
        if about.get("minimum", -math.inf) > about.get("maximum", math.inf):
            self._contradict("minValue", "maxValue")
            del about["minimum"], about["maximum"]
        if self.element.type == "num_currency":
            about["multipleOf"] = CENT
        return about

    def _file(self) -> Shape:
        self.file = True
        part = self.part
        most = max(min(part.most or FILES, FILES), part.least, 1)
        if part.most != most:
            self.lost.append(f"{self.label}: {part.most or 'any number of'} files; {most} at most here")
        about = {
            "type": "array",
            "minItems": max(part.least, 1),
            "maxItems": most,
            "items": {"type": "string", "format": "uuid"},
        }
        wanted = [MEDIA[one] for one in self.element.media_types if one in MEDIA]
        if unknown := sorted(set(self.element.media_types) - MEDIA.keys()):
            self.lost.append(f"{self.label}: files of the kind {', '.join(unknown)} are not taken")
        types = list(dict.fromkeys(wanted)) or list(MEDIA.values())
        return about, {"widget": "upload", "types": types, "max_mb": self._megabytes()}

    def _megabytes(self) -> int:
        """FIM says bytes, a form whole megabytes."""
        said = self.element.max_size
        if not said:
            return USUAL_MB
        told = said.isdecimal() and said.isascii() and len(said) < len(str(10**12))
        found = min(max(int(said) >> 20, 1), LARGEST_MB) if told else USUAL_MB
        if not told or found << 20 != int(said):
            self.lost.append(f"{self.label}: the largest size is {said!r} bytes; {found} MB here")
        return found

    def _whole(self, name: str) -> int:
        said = self.element.limits.get(name, "")
        if not (said.isdecimal() and said.isascii() and len(said) < len(str(10**6))):
            return 0
        if int(said) or name == "minLength":
            self.limits.add(name)
        return int(said)
