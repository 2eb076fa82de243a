# SPDX-License-Identifier: EUPL-1.2
"""Makes a form of a Stammdatenschema. Ids of FIM go with everything; what the form does not do is listed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mash_tools.xdf.schema import Field, Group, Ident, Part, Schema

ROWS = 20
"""Rows of a group that FIM lets come any number of times."""
LONG = 250
"""Characters from which on a text is asked for in several lines."""
UNLIMITED = 2000
FILES = 5
LARGEST_MB, USUAL_MB = 20, 10
MEDIA = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpeg"}
CHOICES_SHOWN = 5
"""Up to so many are shown side by side, more in a list."""
_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
_MOMENT = f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME[1:]}"


@dataclass
class Made:
    """A form as its file says it, and what of the schema it does not do."""

    form: dict[str, Any]
    lost: list[str] = field(default_factory=list)


def form_of(schema: Schema, *, name: str, office: str, situation: str) -> Made:
    """Return the form. Its states, retention and words about privacy are those all applications share."""
    maker = _Maker()
    steps = list(maker.steps(schema))
    title = schema.label
    form = {
        "extends": "antrag",
        "name": name,
        "version": "1",
        "fim": {**_fim(schema.ident), "standard": f"XDatenfelder {schema.standard}.0"},
        "title": {"de": title},
        "summary": {"de": schema.description or title},
        "keywords": {"de": [schema.name]},
        "situations": [situation],
        "office": office,
        "legal_basis": [
            {"title": text, **({"source": link} if link.startswith("https://") else {"demo": True})}
            for text, link in schema.basis
        ]
        or [{"title": "Im Datenschema nicht angegeben", "demo": True}],
        "data": {"required": maker.required, "properties": maker.properties},
        "steps": steps,
        "decision": {
            "approved": {
                "kind": "notice",
                "title": {"de": f"Bescheid: {title}"},
                "text": {"de": "Ihrem Antrag ist entsprochen."},
                "shows": [],
            },
            "rejected": {"title": {"de": f"Ablehnung: {title}"}},
        },
        "fim_rules": [
            {
                **_fim(rule.ident),
                "at": rule.at.id,
                **({"name": rule.name} if rule.name else {}),
                **({"text": rule.text} if rule.text else {}),
                **({"script": rule.script} if rule.script else {}),
            }
            for rule in schema.all_rules()
        ],
    }
    return Made(form, maker.lost)


def _fim(ident: Ident, within: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {"id": ident.id}
    if ident.version:
        found["version"] = ident.version
    return {**found, "within": list(within)} if within else found


class _Maker:
    """Walks through a schema and collects properties, names and losses on the way."""

    def __init__(self) -> None:
        self.properties: dict[str, Any] = {}
        self.required: list[str] = []
        self.lost: list[str] = []

    def steps(self, schema: Schema) -> Iterator[dict[str, Any]]:
        loose: list[dict[str, Any]] = []
        number = 0
        for part in schema.parts:
            element = part.element
            if isinstance(element, Field):
                loose += self._asked(part, (), must=part.least > 0)
                continue
            if loose:
                number += 1
                yield _step(f"angaben-{number}", "Angaben", loose)
                loose = []
            notes: list[str] = []
            fields = (
                [self._rows(part, ())] if part.most != 1 else list(self._flat(part, (), notes, must=True))
            )
            if not fields:
                self.lost.append(f"{element.ident.id} {element.label}: asks nothing, so it is no step")
                continue
            number += 1
            step = _step(f"{element.ident.id.lower()}-{number}", element.label, fields)
            text = " ".join(filter(None, [element.help, *notes]))
            if text:
                step["text"] = {"de": text}
            step["fim"] = _fim(element.ident)
            yield step
        if loose:
            yield _step(f"angaben-{number + 1}", "Angaben", loose)

    def _flat(
        self, part: Part, within: tuple[str, ...], notes: list[str], *, must: bool
    ) -> Iterator[dict[str, Any]]:
        """The fields of a group that comes once, groups within it included."""
        group = part.element
        assert isinstance(group, Group)  # noqa: S101 — for the type checker
        if part.least == 0:
            self.lost.append(f"{group.ident.id} {group.label}: may be left out; its fields are all optional")
        must = must and part.least > 0
        inside = (*within, group.ident.id)
        for one in group.parts:
            if isinstance(one.element, Field):
                if one.element.kind == "label":
                    notes.append(one.element.content or one.element.label)
                    label = f"{one.element.ident.id} {one.element.label}"
                    self.lost.append(f"{label}: a text; stands in the text of its step, without its id")
                else:
                    yield from self._asked(one, inside, must=must and one.least > 0)
            elif one.most == 1:
                yield from self._flat(one, inside, notes, must=must)
            else:
                yield self._rows(one, inside)

    def _asked(self, part: Part, within: tuple[str, ...], *, must: bool) -> Iterator[dict[str, Any]]:
        element = part.element
        assert isinstance(element, Field)  # noqa: S101 — for the type checker
        if not self._can(element):
            return
        if part.most != 1 and element.type != "file":
            yield self._rows(part, within)
            return
        name = self._free(element.ident.id)
        about, widget = self._shape(element, part)
        self.properties[name] = about
        if must:
            self.required.append(name)
        yield {"path": f"/{name}", **widget, **_words(element), "fim": _fim(element.ident, within)}

    def _rows(self, part: Part, within: tuple[str, ...]) -> dict[str, Any]:
        """A group that comes several times, or a field that does."""
        element = part.element
        properties: dict[str, Any] = {}
        required: list[str] = []
        fields: list[dict[str, Any]] = []
        for one, path, must in self._leaves(part, ()):
            leaf = one.element
            assert isinstance(leaf, Field)  # noqa: S101 — for the type checker
            if leaf.type == "file":
                self.lost.append(f"{leaf.ident.id} {leaf.label}: a file in rows; is not asked for")
            elif self._can(leaf):
                name = _unused(leaf.ident.id, properties)
                about, widget = self._shape(leaf, one)
                properties[name] = about
                if must:
                    required.append(name)
                fim = _fim(leaf.ident, (*within, *path))
                fields.append({"path": f"/{name}", **widget, **_words(leaf), "fim": fim})
        name = self._free(element.ident.id)
        most = part.most or ROWS
        if part.most is None:
            self.lost.append(f"{element.ident.id} {element.label}: any number of times; {ROWS} at most here")
        self.properties[name] = {
            "type": "array",
            "minItems": part.least,
            "maxItems": max(most, 1),
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": required,
                "properties": properties,
            },
        }
        if part.least:
            self.required.append(name)
        return {
            "path": f"/{name}",
            "widget": "group",
            "label": {"de": element.label},
            "item": {"de": element.label},
            "add": {"de": f"{element.label} hinzufügen"},
            "fields": fields,
            "errors": {
                "default": {
                    "de": {
                        "reason": f"„{element.label}“ ist zu oft oder zu selten angegeben.",
                        "remedy": f"Machen Sie die Angabe {part.least} bis {most} Mal.",
                    }
                }
            },
            "fim": _fim(element.ident, within),
        }

    def _leaves(self, part: Part, within: tuple[str, ...]) -> Iterator[tuple[Part, tuple[str, ...], bool]]:
        if isinstance(part.element, Field):
            yield part, within, True
            return
        for one in part.element.parts:
            path = (*within, part.element.ident.id)
            if one.most != 1:
                label = f"{one.element.ident.id} {one.element.label}"
                self.lost.append(f"{label}: several times within rows; is asked for once in each row")
            if isinstance(one.element, Field):
                yield one, path, one.least > 0
            else:
                for leaf, at, must in self._leaves(one, path):
                    yield leaf, at, must and one.least > 0

    def _can(self, element: Field) -> bool:
        why = {
            "hidden": "a hidden field",
            "locked": "a field filled in by the system",
            "label": "a text on its own",
        }
        if element.kind in why or element.type == "obj":
            what = why.get(element.kind, "an object without a form")
            self.lost.append(f"{element.ident.id} {element.label}: {what}; is not asked for")
            return False
        if element.content:
            self.lost.append(f"{element.ident.id} {element.label}: is not filled in with {element.content!r}")
        return True

    def _shape(  # noqa: PLR0911 — one for each type of FIM
        self, element: Field, part: Part
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the JSON Schema of a field and how it is asked for."""
        label = f"{element.ident.id} {element.label}"
        if element.values:
            options = [{"value": one.code, "label": {"de": one.name}} for one in element.values]
            widget = "radio" if len(options) <= CHOICES_SHOWN else "select"
            codes = list(dict.fromkeys(one.code for one in element.values))
            return {"type": "string", "enum": codes}, {"widget": widget, "options": options}
        if element.kind == "select":
            where = element.code_list or "not named"
            self.lost.append(f"{label}: its code list ({where}) is not in the file; any text is taken")
        match element.type:
            case "bool":
                choice = [{"value": True, "label": {"de": "Ja"}}, {"value": False, "label": {"de": "Nein"}}]
                return {"type": "boolean"}, {"widget": "radio", "options": choice}
            case "date":
                return {"type": "string", "format": "date"}, {"widget": "date"}
            case "time":
                return {"type": "string", "pattern": _TIME}, {"widget": "text"}
            case "datetime":
                return {"type": "string", "pattern": _MOMENT}, {"widget": "text"}
            case "num" | "num_int" | "num_currency":
                return self._number(element, label), {"widget": "number"}
            case "file":
                most = min(part.most or FILES, FILES)
                about = {
                    "type": "array",
                    "minItems": max(part.least, 1),
                    "maxItems": max(most, part.least, 1),
                    "items": {"type": "string", "format": "uuid"},
                }
                return about, {"widget": "upload", **self._files(element, label)}
            case _:
                return self._text(element, label)

    def _text(self, element: Field, label: str) -> tuple[dict[str, Any], dict[str, Any]]:
        longest = self._whole(element, "maxLength", label) or UNLIMITED
        about: dict[str, Any] = {"type": "string", "maxLength": longest}
        if shortest := self._whole(element, "minLength", label):
            about["minLength"] = shortest
        if pattern := element.limits.get("pattern"):
            try:
                re.compile(pattern)
                about["pattern"] = f"^(?:{pattern})$"
            except re.error:
                self.lost.append(f"{label}: its pattern {pattern!r} cannot be used here")
        return about, {"widget": "textarea" if longest > LONG else "text"}

    def _number(self, element: Field, label: str) -> dict[str, Any]:
        about: dict[str, Any] = {"type": "integer" if element.type == "num_int" else "number"}
        for name, keyword in (("minValue", "minimum"), ("maxValue", "maximum")):
            said = element.limits.get(name, "").replace(",", ".")
            if not said:
                continue
            try:
                value = float(said)
                about[keyword] = int(value) if value.is_integer() else value
            except (ValueError, OverflowError):
                self.lost.append(f"{label}: {name} {said!r} is no number")
        if element.type == "num_currency":
            about["multipleOf"] = 0.01
        return about

    def _files(self, element: Field, label: str) -> dict[str, Any]:
        wanted = [MEDIA[one] for one in element.media_types if one in MEDIA]
        if unknown := sorted(set(element.media_types) - MEDIA.keys()):
            self.lost.append(f"{label}: files of the kind {', '.join(unknown)} are not taken")
        if element.max_size:
            said = element.max_size
            self.lost.append(f"{label}: the largest size {said!r} is not taken over; {USUAL_MB} MB here")
        return {"types": list(dict.fromkeys(wanted)) or list(MEDIA.values()), "max_mb": USUAL_MB}

    def _whole(self, element: Field, name: str, label: str) -> int:
        said = element.limits.get(name, "")
        if said and not (said.isdecimal() and said.isascii() and len(said) < 7):  # noqa: PLR2004 — a million
            self.lost.append(f"{label}: {name} {said!r} is no length")
            return 0
        return int(said or 0)

    def _free(self, ident: str) -> str:
        return _unused(ident, self.properties)


def _unused(ident: str, taken: dict[str, Any]) -> str:
    """The id in lower case; used again elsewhere, with a number."""
    name, number = ident.lower(), 1
    while name in taken:
        number += 1
        name = f"{ident.lower()}_{number}"
    return name


def _words(element: Field) -> dict[str, Any]:
    said: dict[str, Any] = {"label": {"de": element.label}}
    if element.help:
        said["help"] = {"de": element.help}
    missing = {"reason": f"Die Angabe „{element.label}“ fehlt.", "remedy": "Ergänzen Sie sie."}
    wrong = {"reason": f"Die Angabe „{element.label}“ ist so nicht möglich.", "remedy": "Prüfen Sie sie."}
    return said | {"errors": {"required": {"de": missing}, "default": {"de": wrong}}}


def _step(step_id: str, title: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": step_id, "title": {"de": title}, "fields": fields}
