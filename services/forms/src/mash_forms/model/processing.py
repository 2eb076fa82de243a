# SPDX-License-Identifier: EUPL-1.2
"""How a form's applications are decided: by two people, or where the file says so by a rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mash_forms.model.application import Outcome
from mash_forms.model.expressions import Expression, Language

REGISTERS = ("residents", "vehicles")
"""What a rule may compare answers with."""


@dataclass(frozen=True)
class Source:
    """A rule of law, with the page it was read from, or marked as made up for the demo."""

    title: str
    source: str | None
    demo: bool


@dataclass(frozen=True)
class Match:
    """A register has to hold exactly one entry with these answers."""

    register: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class AutoRule:
    """What makes a case a routine one, and how such a case is decided."""

    id: str
    title: str
    when: Expression
    matches: tuple[Match, ...]
    outcome: Outcome
    legal_basis: Source


@dataclass(frozen=True)
class Automation:
    """Rules that decide at once. `sample`: the share of routine cases that a person decides all the same."""

    enabled: bool
    sample: float
    permitted_by: Source
    """What permits to decide without a person (§ 35a VwVfG asks for that)."""
    rules: tuple[AutoRule, ...]


@dataclass(frozen=True)
class Processing:
    """What a form's file says under `processing`."""

    four_eyes: bool = False
    automation: Automation | None = None


@dataclass(frozen=True)
class Input:
    """One thing an automatic decision rested on. `demo`: it was compared with made-up data."""

    label: str
    value: str
    demo: bool = False


@dataclass(frozen=True)
class Automatic:
    """What an automatic decision has to show: its rule, what it rested on, and the law."""

    rule: str
    title: str
    legal_basis: Source
    permitted_by: Source
    inputs: tuple[Input, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "title": self.title,
            "legal_basis": vars(self.legal_basis),
            "permitted_by": vars(self.permitted_by),
            "inputs": [vars(one) for one in self.inputs],
        }

    @classmethod
    def of_json(cls, raw: Mapping[str, Any]) -> "Automatic":
        return cls(
            raw["rule"],
            raw["title"],
            Source(**raw["legal_basis"]),
            Source(**raw["permitted_by"]),
            tuple(Input(**one) for one in raw["inputs"]),
        )


def processing_of(raw: Mapping[str, Any] | None, names: Language, language: str = "de") -> Processing:
    """Read what a file says. Raises KeyError, TypeError or ValueError if it cannot."""
    if raw is None:
        return Processing()
    told = raw.get("automation")
    four_eyes = raw.get("four_eyes", False)
    if not isinstance(four_eyes, bool):
        raise TypeError("processing.four_eyes is neither true nor false")
    return Processing(four_eyes, _automation(told, names, language) if told else None)


def _automation(raw: Mapping[str, Any], names: Language, language: str) -> Automation:
    sample = raw["sample"]
    if isinstance(sample, bool) or not isinstance(sample, int | float) or not 0 <= sample <= 1:
        raise ValueError("processing.automation.sample is none of 0 to 1")
    return Automation(
        enabled=raw.get("enabled", False) is True,
        sample=sample,
        permitted_by=source_of(raw["permitted_by"]),
        rules=tuple(_rule(one, names, language) for one in raw["rules"]),
    )


def _rule(raw: Mapping[str, Any], names: Language, language: str) -> AutoRule:
    titles = list(raw["title"].items())
    title = dict(titles).get(language, titles[0][1])
    return AutoRule(
        id=str(raw["id"]),
        title=str(title),
        when=Expression(str(raw["when"]), "boolean", names),
        matches=tuple(
            Match(str(one["register"]), tuple(str(field).removeprefix("/") for field in one["by"]))
            for one in raw.get("matches") or []
        ),
        outcome=Outcome(str(raw["outcome"]).upper()),
        legal_basis=source_of(raw["legal_basis"]),
    )


def source_of(raw: Mapping[str, Any]) -> Source:
    """Read a rule of law."""
    return Source(str(raw["title"]), raw.get("source"), bool(raw.get("demo", False)))
