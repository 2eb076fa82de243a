# SPDX-License-Identifier: EUPL-1.2
"""The shape of a form's YAML file, as cities/README.md describes it."""

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from mash_tools.cities.facts import Fact, Said, Slug, Strict, Text
from mash_tools.cities.files import Office
from mash_tools.cities.parties import Cel, Cosigner, LegalBasis, Represents, RowPointer, TrustLevel

Pointer = Annotated[str, StringConstraints(pattern=r"^/[a-z][a-z0-9_]*$")]
Duration = Annotated[str, StringConstraints(pattern=r"^P(\d+[YMWD])+$")]
State = Literal["INITIATED", "SUBMITTED", "RECEIVED", "PROCESSING", "ACTION_REQUIRED", "COMPLETED"]
STATES: tuple[State, ...] = (
    "INITIATED", "SUBMITTED", "RECEIVED", "PROCESSING", "ACTION_REQUIRED", "COMPLETED",
)  # fmt: skip


class LeiKa(Fact):
    """The service's key in the catalogue of public services."""

    value: Annotated[str, StringConstraints(pattern=r"^99\d{12}$")]

    @field_validator("demo")
    @classmethod
    def is_never_made_up(cls, demo: bool) -> bool:  # noqa: FBT001 — pydantic's door
        if demo:
            raise PydanticCustomError(
                "leika", "a LeiKa key is never made up; give its source or leave it out"
            )
        return demo

    @field_validator("source")
    @classmethod
    def is_a_page(cls, source: str | None) -> str | None:
        if source is not None and not urlsplit(source).path.strip("/"):
            raise PydanticCustomError(
                "leika_source", "a home page says no LeiKa key; name the page that gives it or leave it out"
            )
        return source


class Keep(Fact):
    """How long a class of data is kept."""

    keep: Duration


class Remedy(Strict):
    """What is wrong with an answer, and what to do."""

    reason: Said
    remedy: Said


class Option(Strict):
    """A choice."""

    value: bool | int | str
    label: Text


FimId = Annotated[str, StringConstraints(pattern=r"^[SGFR]\d{3,14}$")]
FimVersion = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+(\.\d+)?$")]


class FimIdent(Strict):
    """What FIM calls an element."""

    id: FimId
    version: FimVersion | None = None


class Fim(FimIdent):
    """An element where it is used; `within` are the groups around it, from the outside."""

    within: list[FimIdent] = Field(default_factory=list)


class FimSchema(Fim):
    """The Stammdatenschema a form was made of."""

    standard: Literal["XDatenfelder 2.0", "XDatenfelder 3.0"]


class FimUnasked(Fim):
    """A field or group of FIM that nobody is asked for: why, and what it holds."""

    kind: Literal["hidden", "locked", "label", "input", "select"] | None = None
    label: str
    why: str
    content: str | None = None
    holds: dict[str, str] = Field(default_factory=dict)


class FimRule(FimIdent):
    """A rule of FIM that the form does not run; a person turns it into `rules`, `when` or `computed`."""

    at: FimId
    name: str | None = None
    text: str | None = None
    script: str | None = None


Prefill = Literal[
    "given_name", "family_name", "email", "birth_date", "street", "house_number", "postal_code", "town"
]
"""What the login tells of a person (mash_forms.service.prefill)."""


class RowField(Strict):
    """One question in a row of a group."""

    fim: Fim | None = None

    path: Pointer
    widget: Literal["text", "email", "date", "radio", "select", "checkbox", "textarea", "number"]
    label: Text
    help: Text | None = None
    when: Cel | None = None
    options: list[Option] = Field(default_factory=list)
    autocomplete: Said | None = None
    prefill: Prefill | None = None
    transform: Literal["upper"] | None = None
    earliest: Literal["today"] | None = None
    errors: dict[str, dict[str, Remedy]]

    @field_validator("errors")
    @classmethod
    def has_a_default(cls, errors: dict[str, dict[str, Remedy]]) -> dict[str, dict[str, Remedy]]:
        if "default" not in errors:
            raise PydanticCustomError("default", "has no `default`; add what to say about any other mistake")
        return errors


class FormField(RowField):
    """One question, or a group of questions that is asked several times."""

    widget: Literal[  # type: ignore[assignment]
        "text",
        "email",
        "date",
        "radio",
        "select",
        "checkbox",
        "textarea",
        "number",
        "group",
        "upload",
        "appointment",
    ]
    fields: list[RowField] = Field(default_factory=list)
    item: Text | None = None
    add: Text | None = None
    types: list[Literal["pdf", "png", "jpeg"]] = Field(default_factory=list)
    max_mb: Annotated[int, Field(strict=True, ge=1, le=20)] | None = None
    trust_level: TrustLevel | None = None

    @model_validator(mode="after")
    def is_whole(self) -> Self:
        if (self.widget == "group") != bool(self.fields and self.item and self.add):
            raise PydanticCustomError("group", "a group has fields, item and add; nothing else has them")
        if (self.widget == "upload") != bool(self.types):
            raise PydanticCustomError("upload", "an upload names its types; nothing else has types")
        return self


class Step(Strict):
    """A page of the form."""

    id: Slug
    title: Text
    text: Text | None = None
    when: Cel | None = None
    fim: Fim | None = None
    trust_level: TrustLevel | None = None
    fields: Annotated[list[FormField], Field(min_length=1)]


class Computed(Strict):
    """A value the form works out of the answers."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    type: Literal["boolean", "integer", "number", "string"]
    label: Text
    value: Cel


class Rule(Strict):
    """What has to hold between answers, and what is said where it does not."""

    at: RowPointer
    valid: Cel
    says: dict[str, Remedy]


class Charge(Strict):
    """A fee that is due under a condition, or several times."""

    id: Slug
    when: Cel | None = None
    times: Cel | None = None


class StateText(Strict):
    """What the citizen reads about a state."""

    title: Text
    text: Text


class Validity(Fact):
    """How long the permit holds, and from which answer on."""

    months: Annotated[int, Field(strict=True, ge=1, le=120)]
    start: Annotated[Pointer, Field(alias="from")]


class Approved(Strict):
    """The document of an approval."""

    kind: Slug
    title: Text
    text: Text
    shows: list[Pointer]
    validity: Validity | None = None


class Rejected(Strict):
    """The document of a rejection."""

    kind: Slug
    title: Text
    text: Text


class Decision(Strict):
    """What is made when the office decides."""

    approved: Approved
    rejected: Rejected


class Deadline(Strict):
    """By when a case has to leave a state: so many working days after it reached it. The city sets it."""

    days: Annotated[int, Field(strict=True)]
    demo: bool = False


class WorkflowState(Strict):
    """A state of the office, and which of BundID's the citizen is shown."""

    title: Text
    shows: State
    deadline: Deadline | None = None


class WorkflowTransition(Strict):
    """What leads from one state, or several, to another."""

    id: Slug
    title: Text | None = None
    does: Literal["take-up", "move", "ask", "answer", "decide"] = "move"
    source: Annotated[Slug | list[Slug], Field(alias="from")]
    to: Slug
    by: list[Slug] = Field(default_factory=list)


class WorkflowFile(Strict):
    """How the office works on it; a form without one has the default workflow."""

    start: Slug
    states: Annotated[dict[Slug, WorkflowState], Field(min_length=1)]
    transitions: Annotated[list[WorkflowTransition], Field(min_length=1)]


class Order(Fact):
    """The answers in the order in which the authority asks for them."""

    shows: Annotated[list[Pointer], Field(min_length=1)]


class Point(Fact):
    """Something to take along or to know, if `when` holds."""

    title: Text
    when: Cel | None = None


class Handover(Strict):
    """What is prepared where another authority decides: the form's office."""

    title: Text
    text: Text
    order: Order
    notes: list[Point] = Field(default_factory=list)
    papers: Annotated[list[Point], Field(min_length=1)]


class Match(Strict):
    """A register has to hold exactly one entry with these answers."""

    held_by: Annotated[Literal["residents", "vehicles"], Field(alias="register")]
    by: Annotated[list[Pointer], Field(min_length=1)]


class AutoRule(Strict):
    """What makes a case a routine one, and how it is decided."""

    id: Slug
    title: Text
    when: Cel
    matches: list[Match] = Field(default_factory=list)
    outcome: Literal["approved", "rejected"]
    legal_basis: LegalBasis


class Automation(Strict):
    """Rules that decide at once. Off unless the file turns it on; a random share goes to a person."""

    enabled: Annotated[bool, Field(strict=True)] = False
    sample: Annotated[float, Field(ge=0, le=1)]
    permitted_by: LegalBasis
    rules: Annotated[list[AutoRule], Field(min_length=1)]


class Processing(Strict):
    """Who decides: one person, two, or where a rule holds none."""

    four_eyes: Annotated[bool, Field(strict=True)] = False
    automation: Automation | None = None


class FormFile(Strict):
    """forms/<form>.yaml"""

    name: Slug
    version: Annotated[str, StringConstraints(pattern=r"^[1-9]\d*(\.[1-9]\d*){0,3}$")]
    fim: FimSchema | None = None
    fim_unasked: list[FimUnasked] = Field(default_factory=list)
    fim_rules: list[FimRule] = Field(default_factory=list)
    languages: list[Literal["de", "en", "de-simple"]] = Field(default_factory=list)
    title: Text
    summary: Text
    keywords: dict[str, list[Said]]
    situations: Annotated[list[Slug], Field(min_length=1)]
    office: Slug | Office
    fee: Slug | Annotated[list[Charge], Field(min_length=1)] | None = None
    leika: LeiKa | None = None
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1)]
    trust_level: TrustLevel
    retention: dict[Literal["draft", "application", "document"], Keep]
    privacy: Text
    data: dict[str, Any]
    computed: list[Computed] = Field(default_factory=list)
    steps: Annotated[list[Step], Field(min_length=1)]
    rules: list[Rule] = Field(default_factory=list)
    states: dict[State, StateText] | None = None
    decision: Decision | None = None
    workflow: WorkflowFile | None = None
    handover: Handover | None = None

    @model_validator(mode="after")
    def ends_in_one_way(self) -> Self:
        if self.handover is None and (self.states is None or self.decision is None):
            raise PydanticCustomError(
                "end", "lacks states and decision; add both, or a handover where another authority decides"
            )
        return self

    processing: Processing = Field(default_factory=Processing)
    cosigner: Cosigner | None = None
    represents: list[Represents] = Field(default_factory=list)
    hands_to: dict[Slug, Annotated[list[Pointer], Field(min_length=1)]] = Field(default_factory=dict)

    @field_validator("states")
    @classmethod
    def has_all_states(cls, states: dict[State, StateText] | None) -> dict[State, StateText] | None:
        if states is None:
            return None
        if missing := [state for state in STATES if state not in states]:
            raise PydanticCustomError("states", "lack {missing}; add them", {"missing": ", ".join(missing)})
        return states
