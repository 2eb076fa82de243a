# SPDX-License-Identifier: EUPL-1.2
"""Makes a form of a Stammdatenschema. Ids of FIM go with everything; what the form does not do is listed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mash_tools.xdf.asking import CHOICES_SHOWN, errors, kept, shape, words
from mash_tools.xdf.codes import Codes
from mash_tools.xdf.schema import Element, Field, Group, Ident, Part, Schema

ROWS = 20
"""Rows of a group that FIM lets come any number of times."""
_KINDS = {
    "hidden": "a hidden field",
    "locked": "a field filled in by the system",
    "label": "a text on its own",
}


@dataclass
class Made:
    """A form as its file says it, what is different in it, and what of the schema is nowhere in it."""

    form: dict[str, Any]
    lost: list[str]
    overlooked: tuple[str, ...]


def form_of(schema: Schema, *, name: str, office: str, situation: str, codes: Codes | None = None) -> Made:
    """Return the form. Its states, retention and words about privacy are those all applications share."""
    maker = _Maker(codes or Codes())
    steps = list(maker.steps(schema))
    if steps and schema.help:
        steps[0]["text"] = {"de": " ".join(filter(None, [schema.help, steps[0].get("text", {}).get("de")]))}
    elif schema.help:
        maker.lost.append(f"{schema.ident.id} {schema.label}: its help {schema.help!r} stands nowhere")
    maker.lost += [f"the code list {one} is asked for by no selection" for one in maker.codes.unasked()]
    maker.lost += [
        f"{schema.ident.id} {schema.label}: the link {link!r} of its legal basis is no address of the web"
        for _, link in schema.basis
        if link and not _is_address(link)
    ]
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
            {"title": text, **({"source": link} if _is_address(link) else {"demo": True})}
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
        "fim_unasked": maker.unasked,
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
    return Made(form, maker.lost, schema.overlooked)


def _is_address(link: str) -> bool:
    return (
        link.startswith("https://") and " " not in link and "." in link.partition("://")[2].partition("/")[0]
    )


def _fim(ident: Ident, within: tuple[Ident, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {"id": ident.id}
    if ident.version:
        found["version"] = ident.version
    return {**found, "within": [_fim(around) for around in within]} if within else found


@dataclass(frozen=True, slots=True)
class _Here:
    """Where the walk is: the groups around it, whether an answer is due, and under which condition."""

    within: tuple[Ident, ...] = ()
    must: bool = True
    when: str = ""

    def inside(self, part: Part) -> "_Here":
        return _Here((*self.within, part.element.ident), self.must and part.least > 0, self.when)

    def chosen(self, condition: str) -> "_Here":
        """What is chosen has to be given; it is not asked for otherwise."""
        return _Here(self.within, True, " && ".join(filter(None, [self.when, condition])))

    @property
    def only(self) -> dict[str, str]:
        return {"when": self.when} if self.when else {}


Walk = Callable[[Part, _Here], list[dict[str, Any]]]
"""What turns a part into questions."""


@dataclass
class _Names:
    """The properties of a form, or of a group's rows: `prefix` is how a condition calls them."""

    properties: dict[str, Any] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    prefix: str = ""

    def free(self, ident: Ident) -> str:
        """The id in lower case; used again elsewhere, with a number."""
        name, number = ident.id.lower(), 1
        while name in self.properties:
            number += 1
            name = f"{ident.id.lower()}_{number}"
        return name

    def add(self, name: str, about: dict[str, Any], *, must: bool) -> None:
        self.properties[name] = about
        if must:
            self.required.append(name)


class _Maker:
    """Walks through a schema and collects properties, names and losses on the way."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self.names = _Names()
        self.lost: list[str] = []
        self.unasked: list[dict[str, Any]] = []

    @property
    def properties(self) -> dict[str, Any]:
        return self.names.properties

    @property
    def required(self) -> list[str]:
        return self.names.required

    def steps(self, schema: Schema) -> Iterator[dict[str, Any]]:
        loose: list[dict[str, Any]] = []
        number = 0
        for part in schema.parts:
            element = part.element
            if isinstance(element, Field):
                loose += self._asked(part, _Here(must=part.least > 0))
                continue
            if loose:
                number += 1
                yield _step(f"angaben-{number}", "Angaben", loose)
                loose = []
            notes: list[str] = []
            fields = list(self._group(part, _Here(), notes))
            if not fields:
                self._leave(part, _Here(), "asks nothing, so it is no step")
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

    def _group(self, part: Part, here: _Here, notes: list[str]) -> Iterator[dict[str, Any]]:
        """The fields of a group; of one that comes several times, that of its rows."""
        group = part.element
        assert isinstance(group, Group)  # noqa: S101 — for the type checker
        if part.most != 1:
            yield from self._rows(part, here)
            return
        if part.least == 0 and not group.choice:
            self._note(group, "may be left out; its fields are all optional")
        inside = here.inside(part)
        if not group.choice:
            for one in group.parts:
                yield from self._within(one, inside, notes)
            return
        yield from self._choice(group, inside, self.names, lambda one, at: list(self._within(one, at, notes)))

    def _within(self, one: Part, inside: _Here, notes: list[str]) -> Iterator[dict[str, Any]]:
        """What stands in a group."""
        element = one.element
        if isinstance(element, Group):
            if one.most == 1 and not element.choice:
                self._note(element, _flat(element, "step"))
            yield from self._group(one, inside, notes)
        elif element.kind == "label":
            notes.append(element.content or element.label)
            self._leave(one, inside, "a text; stands in the text of its step")
        else:
            yield from self._asked(one, _Here(inside.within, self._due(one, inside), inside.when))

    def _choice(self, group: Group, here: _Here, names: _Names, walk: "Walk") -> Iterator[dict[str, Any]]:
        """One question which of its parts it is, and each part under the condition that it is the one."""
        name = names.free(group.ident)
        names.properties[name] = {}  # the name is taken, whatever its parts are called
        fields: list[dict[str, Any]] = []
        options: dict[str, str] = {}
        for one in group.parts:
            value = one.element.ident.id.lower()
            chosen = here.chosen(f"{names.prefix}{name} == '{value}'")
            given = Part(one.element, max(one.least, 1), one.most)
            if one.least:
                self._note(one.element, "is always there; here if it is chosen")
            if found := walk(given, chosen):
                fields += found
                options.setdefault(value, one.element.label)
        del names.properties[name]
        if not options:
            return
        names.add(name, {"type": "string", "enum": list(options)}, must=here.must)
        yield {
            "path": f"/{name}",
            "widget": "radio" if len(options) <= CHOICES_SHOWN else "select",
            "label": {"de": group.label},
            **({"help": {"de": group.help}} if group.help else {}),
            "options": [{"value": value, "label": {"de": label}} for value, label in options.items()],
            "errors": errors(group.label),
            **here.only,
            "fim": _fim(group.ident, here.within[:-1]),
        }
        yield from fields

    def _asked(self, part: Part, here: _Here) -> Iterator[dict[str, Any]]:
        element = part.element
        assert isinstance(element, Field)  # noqa: S101 — for the type checker
        if not self._can(part, element, here):
            return
        if part.most != 1 and element.type != "file":
            yield from self._rows(part, here)
            return
        yield self._question(part, here, self.names)

    def _question(self, part: Part, here: _Here, names: _Names) -> dict[str, Any]:
        element = part.element
        assert isinstance(element, Field)  # noqa: S101 — for the type checker
        name = names.free(element.ident)
        values = element.values or self.codes.of(element)
        about, widget = shape(element, part, values, self.lost)
        names.add(name, about, must=here.must)
        fim = _fim(element.ident, here.within)
        return {"path": f"/{name}", **widget, **words(element), **here.only, "fim": fim}

    def _rows(self, part: Part, here: _Here) -> Iterator[dict[str, Any]]:
        """A group that comes several times, or a field that does."""
        element = part.element
        inside = _Names(prefix="row.")
        if isinstance(element, Field):
            fields = [self._question(part, _Here(here.within), inside)]
        else:
            fields = list(self._row(element, _Here((*here.within, element.ident)), inside))
        if not fields:
            self._leave(part, here, "asks nothing, so it has no rows")
            return
        name = self.names.free(element.ident)
        most = part.most or ROWS
        if part.most is None:
            self._note(element, f"any number of times; {ROWS} at most here")
        self.names.add(
            name,
            {
                "type": "array",
                "minItems": part.least,
                "maxItems": max(most, 1),
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": inside.required,
                    "properties": inside.properties,
                },
            },
            must=here.must and part.least > 0,
        )
        yield {
            "path": f"/{name}",
            "widget": "group",
            "label": {"de": element.label},
            **({"help": {"de": element.help}} if here.within and element.help else {}),
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
            **here.only,
            "fim": _fim(element.ident, here.within),
        }

    def _row(self, group: Group, here: _Here, names: _Names) -> Iterator[dict[str, Any]]:
        """The fields of one row: groups within it lie flat in it."""

        def walk(one: Part, at: _Here) -> list[dict[str, Any]]:
            element = one.element
            if one.most != 1:
                self._note(element, "several times within rows; is asked for once in each row")
            if isinstance(element, Group):
                if one.least == 0 and not element.choice:
                    self._note(element, "may be left out within its row; its fields are all optional")
                if not element.choice:
                    self._note(element, _flat(element, "row"))
                return list(self._row(element, at.inside(one), names))
            if element.type == "file":
                self._leave(one, at, "a file in rows; is not asked for")
                return []
            if not self._can(one, element, at):
                return []
            return [self._question(one, _Here(at.within, self._due(one, at), at.when), names)]

        if group.choice:
            yield from self._choice(group, here, names, walk)
            return
        for one in group.parts:
            yield from walk(one, here)

    def _due(self, one: Part, here: _Here) -> bool:
        if one.least and not here.must:
            self._note(one.element, "is due where its group is given; optional here")
        return here.must and one.least > 0

    def _can(self, part: Part, element: Field, here: _Here) -> bool:
        if element.kind in _KINDS or element.type == "obj":
            what = _KINDS.get(element.kind, "an object without a form")
            self._leave(part, here, f"{what}; is not asked for")
            return False
        if element.content:
            self._note(element, f"is not filled in with {element.content!r}")
        return True

    def _note(self, element: Element, what: str) -> None:
        self.lost.append(f"{element.ident.id} {element.label}: {what}")

    def _leave(self, part: Part, here: _Here, what: str) -> None:
        """Nobody is asked for it: its id stands in the file all the same, with what it holds."""
        element = part.element
        self._note(element, what)
        holds = kept(element) if isinstance(element, Field) else {"help": element.help}
        times = f"{part.least}:{'*' if part.most is None else part.most}"
        self.unasked.append(
            {
                **_fim(element.ident, here.within),
                **({"kind": element.kind} if isinstance(element, Field) else {}),
                "label": element.label,
                "why": what,
                **({"content": element.content} if isinstance(element, Field) and element.content else {}),
                "holds": {"times": times, **{name: said for name, said in holds.items() if said}},
            }
        )


def _flat(group: Group, where: str) -> str:
    said = f"; its help {group.help!r} is not shown" if group.help else ""
    return f"its questions lie flat in the {where}{said}"


def _step(step_id: str, title: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": step_id, "title": {"de": title}, "fields": fields}
