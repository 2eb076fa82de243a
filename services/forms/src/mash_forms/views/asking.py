# SPDX-License-Identifier: EUPL-1.2
"""A step as a page shows it: its questions with names, answers and faults, rows of groups included."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mash_forms.model.complaints import Complaint, Path
from mash_forms.model.files import REFUSALS, Attachment, Refusal
from mash_forms.model.filling import Shown
from mash_forms.model.form import APPOINTMENT, Field
from mash_forms.model.numbers import number_said
from mash_forms.service import Offered, Opened


@dataclass(frozen=True)
class Question:
    """A field on the page. `name` is what the browser sends it as: `plate`, `children.0.given_name`."""

    field: Field
    path: Path
    value: str
    fault: Complaint | None
    rows: Sequence[Sequence["Question"]] = ()
    files: Sequence[Attachment] = ()
    slots: Offered | None = None
    """Of a question for an appointment: what is free."""
    from_login: bool = False
    """The answer is what the login tells, and nobody has changed it."""
    needs: int = 0
    """The trust level that the login lacks for it; 0: it may be answered."""

    @property
    def name(self) -> str:
        return ".".join(map(str, self.path))

    @property
    def id(self) -> str:
        return "f-" + "-".join(map(str, self.path))


@dataclass(frozen=True)
class Wrong:
    """A fault as the summary says it, with the place on the page it links to."""

    id: str
    label: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Asked:
    """What a step asks, and what is wrong with it."""

    questions: Sequence[Question]
    faults: Sequence[Wrong]


def refusal_of(shown: Shown, said: str) -> list[Complaint]:
    """Read why a file was not taken, as the address of a page says it: `plans:size`."""
    name, _, why = said.partition(":")
    if why not in set(Refusal) or name not in {field.name for field in shown.fields}:
        return []
    return [Complaint((name,), *REFUSALS[Refusal(why)])]


def asked(
    opened: Opened,
    shown: Shown,
    faults: Sequence[Complaint],
    files: Sequence[Attachment] = (),
    slots: Offered | None = None,
) -> Asked:
    """Return the questions of a step. `files`: what was sent with the draft; `slots`: what is free."""
    found = {fault.path: fault for fault in reversed(faults)}
    questions = [
        replace(
            _question(opened, field, opened.draft.data, found),
            files=[file for file in files if file.field == field.name],
            slots=slots if field.widget == APPOINTMENT else None,
            needs=0 if opened.allowed(field) else field.trust_level,
        )
        for field in shown.fields
    ]
    inside = [one for question in questions for row in question.rows for one in row]
    by_path = {question.path: question for question in (*questions, *inside)}
    return Asked(questions, [_wrong(fault, by_path) for fault in faults])


def _question(
    opened: Opened, field: Field, data: Mapping[str, Any], faults: Mapping[Path, Complaint]
) -> Question:
    path: Path = (field.name,)
    if not field.is_group:
        login = opened.from_login(field.name)
        return Question(
            field,
            path,
            text_of(field, data.get(field.name), opened.filled.form.spoken),
            faults.get(path),
            from_login=login,
        )
    given = data.get(field.name)
    rows = [row if isinstance(row, Mapping) else {} for row in given] if isinstance(given, list) else []
    rows += [{} for _ in range(field.least - len(rows))]
    return Question(
        field,
        path,
        "",
        faults.get(path),
        [
            [
                Question(
                    inside,
                    (field.name, at, inside.name),
                    text_of(inside, row.get(inside.name), opened.filled.form.spoken),
                    faults.get((field.name, at, inside.name)),
                )
                for inside in opened.filled.row_fields(field, row)
            ]
            for at, row in enumerate(rows)
        ],
    )


def _wrong(fault: Complaint, questions: Mapping[Path, Question]) -> Wrong:
    question = questions.get(fault.path)
    if question is None:
        # A row that is wrong as a whole, or a field that is not on the page: the group it belongs to is.
        question = next((one for path, one in questions.items() if path == fault.path[:1]), None)
    label = question.field.label if question else ""
    if question is not None and len(question.path) > 1:
        group = questions[question.path[:1]].field
        label = f"{group.item} {int(question.path[1]) + 1}, {label}"
    return Wrong(question.id if question else "", label, fault.reason, fault.remedy)


def text_of(field: Field, value: Any, language: str) -> str:
    """Return an answer as a browser's control has it."""
    if value is None:
        return ""
    for option in field.options:
        if option.value == value and isinstance(option.value, bool) == isinstance(value, bool):
            return option.posted
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_said(value, language)
    return value if isinstance(value, str) else json.dumps(value)
