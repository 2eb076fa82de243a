# SPDX-License-Identifier: EUPL-1.2
"""What is wrong with a city's folder: where, what, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mash_tools.cities.source import Source

_HINTS = {
    "ags": "write the eight digits of the Amtlicher Gemeindeschlüssel",
    "ars": "write the twelve digits of the Amtlicher Regionalschlüssel, or leave it out",
    "currency": "write the ISO 4217 code, for example EUR",
    "postal_code": "write five digits",
    "reference": "write one to four capital letters from A to Z, for example HD",
    "hosts": "write a host name in lower case, for example service.example.de",
    "languages": "write two letters, for example de",
    "version": 'write a number in quotes, for example "1"',
    "keep": "write an ISO 8601 duration, for example P2Y",
    "valid_for": "write an ISO 8601 duration, for example PT30M",
    "source": "write the address of the page, https://…",
    "colours": "write #rrggbb",
    "path": "write a pointer to one answer, for example /given_name",
}


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to put right."""

    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def of_shape(source: Source, error: ValidationError) -> Iterator[Fault]:
    """The faults of a file that has not the shape it should have."""
    for detail in error.errors(include_url=False):
        place = tuple(part for part in detail["loc"] if part != "[key]")
        yield Fault(*source.at(place), _said(place, detail))


def _said(place: tuple[str | int, ...], detail: ErrorDetails) -> str:
    where = ".".join(map(str, place)) or "the file"
    kind = detail["type"]
    if kind == "missing":
        return f"{where} is missing; add it"
    if kind == "extra_forbidden":
        return f"{where} is not known here; correct its spelling or remove it"
    if kind in {"string_pattern_mismatch", "string_type", "int_type", "greater_than", "time_delta_parsing"}:
        hint = next((_HINTS[str(part)] for part in reversed(place) if part in _HINTS), detail["msg"])
        return f"{where} = {detail['input']!r} is not right; {hint}"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return f"{where} = {str(detail['input'])[:80]!r} has no parts; write each as `name: …`"
    if kind == "literal_error":
        return f"{where} = {detail['input']!r} is not known; choose {detail['ctx']['expected']}"
    return f"{where}: {detail['msg']}"
