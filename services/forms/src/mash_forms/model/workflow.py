# SPDX-License-Identifier: EUPL-1.2
"""How an office works on a form's applications: a state machine with what the citizen is shown of it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from mash_forms.model.application import Place, State
from mash_forms.model.workdays import workdays_later


class Does(StrEnum):
    """What takes a case along a transition."""

    TAKE_UP = "take-up"
    """A clerk takes the case up."""
    MOVE = "move"
    """A clerk chooses it."""
    ASK = "ask"
    """A clerk sends it back to the citizen, with what is asked for."""
    ANSWER = "answer"
    """The citizen has answered."""
    DECIDE = "decide"
    """A clerk approves or rejects."""


ROLES = ("clerk", "supervisor")
"""Who may be allowed a transition. Only clerks reach the desk: a supervisor is a clerk, too."""


@dataclass(frozen=True)
class Stage:
    """A state of the office. `days`: working days until it is due; `demo`: that number was made up."""

    id: str
    title: str
    shows: State
    days: int | None = None
    demo: bool = False


@dataclass(frozen=True)
class Transition:
    """A way from stages to another."""

    id: str
    title: str
    sources: tuple[str, ...]
    target: str
    does: Does
    by: frozenset[str]

    def allows(self, roles: Container[str]) -> bool:
        """Tell whether somebody with these roles may take it."""
        return any(role in roles for role in self.by)


@dataclass(frozen=True)
class Workflow:
    """Stages by their id and what leads from one to another."""

    start: str
    """Where a case is once it is received."""
    stages: Mapping[str, Stage]
    transitions: tuple[Transition, ...]

    def ways(self, stage: str, does: Does) -> list[Transition]:
        """Return what leads out of a stage in one way; unknown stages lead nowhere."""
        return [one for one in self.transitions if one.does is does and stage in one.sources]

    def way(self, stage: str, does: Does) -> Transition | None:
        """Return the only transition of its kind out of a stage; None if there is none."""
        return next(iter(self.ways(stage, does)), None)


@dataclass(frozen=True)
class Course:
    """A workflow in a city's time zone."""

    workflow: Workflow
    zone: ZoneInfo

    def begins(self, at: datetime) -> Place:
        """Return where a case is that is received at a time."""
        return self._place(self.workflow.start, at)

    def leads(self, stage: str, does: Does, at: datetime) -> Place | None:
        """Return where what is done leads from a stage; None if it leads nowhere."""
        way = self.workflow.way(stage, does)
        return None if way is None else self._place(way.target, at)

    def along(self, way: Transition, at: datetime) -> Place:
        """Return where a transition leads."""
        return self._place(way.target, at)

    def again(self, stage: str, since: datetime) -> Place | None:
        """Return the place a case has been at since a time; None if there is no such stage."""
        return self._place(stage, since) if stage in self.workflow.stages else None

    def _place(self, name: str, at: datetime) -> Place:
        stage = self.workflow.stages[name]
        days = stage.days
        due = None if days is None else workdays_later(at.astimezone(self.zone).date(), days)
        return Place(stage.id, stage.shows, due)


DEFAULT: Mapping[str, Any] = {
    "start": "received",
    "states": {
        "received": {
            "title": {"de": "Eingegangen"},
            "shows": "RECEIVED",
            "deadline": {"days": 5, "demo": True},
        },
        "processing": {
            "title": {"de": "In Bearbeitung"},
            "shows": "PROCESSING",
            "deadline": {"days": 15, "demo": True},
        },
        "question": {
            "title": {"de": "Rückfrage offen"},
            "shows": "ACTION_REQUIRED",
            "deadline": {"days": 10, "demo": True},
        },
        "decided": {"title": {"de": "Entschieden"}, "shows": "COMPLETED"},
    },
    "transitions": [
        {"id": "take-up", "does": "take-up", "from": ["received"], "to": "processing"},
        {"id": "ask", "does": "ask", "from": ["processing"], "to": "question"},
        {"id": "answer", "does": "answer", "from": ["question"], "to": "processing"},
        {"id": "decide", "does": "decide", "from": ["received", "processing", "question"], "to": "decided"},
    ],
}
"""The workflow of a form whose file has none."""


def sources_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the stages a transition starts from: one, or a list."""
    return (raw["from"],) if isinstance(raw["from"], str) else tuple(raw["from"])


def workflow_of(raw: Mapping[str, Any] | None, language: str = "de") -> Workflow:
    """Read a workflow. Raises KeyError, TypeError or ValueError if it cannot."""
    raw = DEFAULT if raw is None else raw

    def said(texts: Mapping[str, str] | None) -> str:
        return "" if not texts else texts.get(language) or next(iter(texts.values()))

    return Workflow(
        start=raw["start"],
        stages={
            name: Stage(
                id=name,
                title=said(one["title"]),
                shows=State(one["shows"]),
                days=(one.get("deadline") or {}).get("days"),
                demo=bool((one.get("deadline") or {}).get("demo")),
            )
            for name, one in raw["states"].items()
        },
        transitions=tuple(
            Transition(
                id=one["id"],
                title=said(one.get("title")),
                sources=sources_of(one),
                target=one["to"],
                does=Does(one.get("does", "move")),
                by=frozenset(one.get("by") or ("clerk",)),
            )
            for one in raw["transitions"]
        ),
    )
