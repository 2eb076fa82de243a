# SPDX-License-Identifier: EUPL-1.2
"""Applying for somebody else: the questions a form gets at its beginning, and what their answers mean.

They are questions like any other, so drafts, files, conditions and checks hold for them; none is ever filled
in from the account, which is that of the person who acts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mash_forms.model.processing import Source, source_of

Raw = Mapping[str, Any]
FOR = "acting_for"
SELF = "self"
CHILD, COMPANY = "child", "company"
KINDS = (CHILD, COMPANY)
WORDS: Mapping[str, str] = {CHILD: "Kind", COMPANY: "Unternehmen"}
NAMES = frozenset(
    {
        FOR,
        "represented_given_name",
        "represented_family_name",
        "represented_born",
        "represented_company",
        "represented_register",
        "represented_child_proof",
        "represented_company_proof",
    }
)
"""Answers that belong to these questions: no form may call its own so."""
_STEPS = ("acting-for", *(f"represented-{kind}" for kind in KINDS))
_TEXT = {"type": "string", "minLength": 1, "maxLength": 120}
_FILES = {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string", "format": "uuid"}}


@dataclass(frozen=True)
class Representation:
    """Whom one may act for, and what proves that one may."""

    kind: str
    proof: str
    basis: Source


@dataclass(frozen=True)
class Represented:
    """Whom an application is for, if not for the person who handed it in."""

    kind: str
    name: str

    @property
    def word(self) -> str:
        return WORDS[self.kind]

    def addressed(self, applicant: str) -> str:
        """Return how a letter is addressed."""
        return f"{self.name}, vertreten durch {applicant}" if applicant else self.name


def represented_in(data: Raw) -> Represented | None:
    """Read from answers whom an application is for; None: for the applicant."""
    kind = data.get(FOR)
    if kind == CHILD:
        names = (data.get("represented_given_name"), data.get("represented_family_name"))
        return Represented(CHILD, " ".join(str(name) for name in names if name))
    return Represented(COMPANY, str(data.get("represented_company", ""))) if kind == COMPANY else None


def representations_of(form: Raw, language: str) -> tuple[Representation, ...]:
    """Read what a form's file says under `represents`. Raises KeyError, TypeError or ValueError."""
    found = []
    for one in form.get("represents") or []:
        if one["kind"] not in KINDS:
            raise ValueError(f"represents: {one['kind']} is none of {', '.join(KINDS)}")
        proof = one["proof"].get(language) or next(iter(one["proof"].values()))
        found.append(Representation(one["kind"], str(proof), source_of(one["legal_basis"])))
    return tuple(found)


def expanded(form: Raw) -> Raw:
    """Return a form with the questions that its `represents` stands for, before all others."""
    allowed = form.get("represents") or []
    if not allowed:
        return form
    proofs = {one["kind"]: one["proof"] for one in allowed}
    data = form["data"]
    properties: dict[str, Any] = {FOR: {"type": "string", "enum": [SELF, *proofs]}}
    required = [FOR]
    steps = [_first(proofs)]
    for kind, proof in proofs.items():
        fields = list(_asked(kind, proof))
        steps.append(
            {
                "id": f"represented-{kind}",
                "title": _TITLES[kind],
                "when": f"{FOR} == '{kind}'",
                "fields": [field for field, _, _ in fields],
            }
        )
        for field, schema, needed in fields:
            name = field["path"].removeprefix("/")
            properties[name] = schema
            required += [name] if needed else []
    return {
        **form,
        "data": {
            **data,
            "properties": {**properties, **data["properties"]},
            "required": [*required, *data.get("required", [])],
        },
        "steps": [*steps, *form["steps"]],
    }


def represents_faults(form: Raw) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with `represents`, beyond its shape, before its questions are put in."""
    kinds = [one["kind"] for one in form.get("represents") or []]
    for at, kind in enumerate(kinds):
        if kind not in KINDS or kind in kinds[:at]:
            what = f"{kind} is none of {', '.join(KINDS)}, or there twice"
            yield ("represents", at, "kind"), what
    if not kinds:
        return
    for name in sorted(NAMES & form["data"]["properties"].keys()):
        yield ("data", "properties", name), f"represents asks for {name} itself; remove it or choose another"
    for at, step in enumerate(form["steps"]):
        if step["id"] in _STEPS:
            yield ("steps", at, "id"), f"represents has a step {step['id']} itself; choose another name"
    if form.get("handover"):
        yield ("represents",), "another authority decides (handover), so nothing is proven here; remove it"
    if (form.get("processing") or {}).get("automation", {}).get("enabled"):
        yield ("represents",), "a rule decides (processing.automation), and rules do not look at proofs"


def _first(kinds: Raw) -> dict[str, Any]:
    return {
        "id": "acting-for",
        "title": {"de": "Für wen?", "en": "For whom?", "de-simple": "Für wen ist der Antrag?"},
        "fields": [
            {
                "path": f"/{FOR}",
                "widget": "radio",
                "label": {
                    "de": "Für wen stellen Sie diesen Antrag?",
                    "en": "For whom do you apply?",
                    "de-simple": "Für wen ist der Antrag?",
                },
                "options": [{"value": kind, "label": _CHOICES[kind]} for kind in (SELF, *kinds)],
                "errors": _errors(_CHOOSE),
            }
        ],
    }


def _asked(kind: str, proof: Raw) -> Iterator[tuple[dict[str, Any], Raw, bool]]:
    """The fields about who is represented: field, schema, and whether it has to be answered."""
    if kind == CHILD:
        yield _field("represented_given_name", "text", _GIVEN), _TEXT, True
        yield _field("represented_family_name", "text", _FAMILY), _TEXT, True
        yield _field("represented_born", "date", _BORN), {"type": "string", "format": "date"}, True
    else:
        yield _field("represented_company", "text", _COMPANY), _TEXT, True
        yield _field("represented_register", "text", _REGISTER), {"type": "string", "maxLength": 60}, False
    upload = _field(f"represented_{kind}_proof", "upload", proof)
    yield {**upload, "help": _PROVES, "types": ["pdf", "png", "jpeg"]}, _FILES, True


def _field(name: str, widget: str, label: Raw) -> dict[str, Any]:
    said = _UPLOAD if widget == "upload" else _FILL
    return {"path": f"/{name}", "widget": widget, "label": label, "errors": _errors(said)}


def _errors(said: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    words = {code: {"reason": reason, "remedy": remedy} for code, (reason, remedy) in said.items()}
    return {"default": words}


_CHOICES: Mapping[str, Mapping[str, str]] = {
    SELF: {"de": "Für mich", "en": "For myself", "de-simple": "Für mich"},
    CHILD: {"de": "Für mein Kind", "en": "For my child", "de-simple": "Für mein Kind"},
    COMPANY: {"de": "Für ein Unternehmen", "en": "For a company", "de-simple": "Für eine Firma"},
}
_TITLES: Mapping[str, Mapping[str, str]] = {
    CHILD: {"de": "Ihr Kind", "en": "Your child", "de-simple": "Ihr Kind"},
    COMPANY: {"de": "Das Unternehmen", "en": "The company", "de-simple": "Die Firma"},
}
_GIVEN = {"de": "Vorname des Kindes", "en": "The child's given name", "de-simple": "Vorname vom Kind"}
_FAMILY = {"de": "Familienname des Kindes", "en": "The child's family name", "de-simple": "Nachname vom Kind"}
_BORN = {
    "de": "Geburtsdatum des Kindes",
    "en": "The child's date of birth",
    "de-simple": "Geburtstag vom Kind",
}
_COMPANY = {"de": "Name des Unternehmens", "en": "Name of the company", "de-simple": "Name der Firma"}
_REGISTER = {"de": "Registernummer", "en": "Register number", "de-simple": "Nummer im Register"}
_PROVES = {
    "de": "Der Nachweis, dass Sie den Antrag stellen dürfen. Das Amt prüft ihn.",
    "en": "Proof that you may apply. The office checks it.",
    "de-simple": "Damit zeigen Sie: Sie dürfen den Antrag stellen. Das Amt prüft das.",
}
_CHOOSE = {
    "de": ("Sie haben keine Antwort gewählt.", "Wählen Sie, für wen der Antrag ist."),
    "en": ("You have chosen no answer.", "Choose for whom you apply."),
    "de-simple": ("Die Antwort fehlt.", "Wählen Sie eine Antwort."),
}
_FILL = {
    "de": ("Die Angabe fehlt oder passt nicht.", "Tragen Sie sie ein."),
    "en": ("This is missing or does not fit.", "Fill it in."),
    "de-simple": ("Das fehlt oder ist falsch.", "Schreiben Sie es hin."),
}
_UPLOAD = {
    "de": ("Der Nachweis fehlt, oder es sind zu viele Dateien.", "Laden Sie 1 bis 3 Dateien hoch."),
    "en": ("The proof is missing, or there are too many files.", "Upload 1 to 3 files."),
    "de-simple": ("Der Nachweis fehlt.", "Laden Sie 1 bis 3 Dateien hoch."),
}
