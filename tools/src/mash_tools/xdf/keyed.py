# SPDX-License-Identifier: EUPL-1.2
"""Answers of an imported form by FIM's ids: which Datenfeld, in which version and groups, in which row."""

from collections.abc import Iterator, Mapping
from typing import Any

_FILLED_IN = {"hidden", "locked"}
"""Kinds of fields that hold what the schema says, and that nobody is asked for."""


def keyed(form: Mapping[str, Any], data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was answered, in the form's order: `id`, `version`, `within`, `value`; `row` stands, from 1
    on, at the group or field that comes several times. What a hidden field holds comes last.
    """
    return [
        *(answer for step in form["steps"] for field in step["fields"] for answer in _answer(field, data)),
        *(
            {**_ident(one), "value": one["content"]}
            for one in form.get("fim_unasked", ())
            if one.get("kind") in _FILLED_IN and "content" in one
        ),
    ]


def _answer(field: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    name, fim = field["path"].removeprefix("/"), field.get("fim")
    if name not in data or fim is None:
        return
    if field["widget"] == "group":
        for number, row in enumerate(data[name], start=1):
            for inside in field["fields"]:
                yield from (_in_row(answer, fim, number) for answer in _answer(inside, row))
    elif fim["id"].startswith("F"):  # which part of a choice group it is, is told by the part that is there
        yield {**_ident(fim), "value": data[name]}


def _in_row(answer: dict[str, Any], repeated: Mapping[str, Any], number: int) -> dict[str, Any]:
    at = len(repeated.get("within", ()))
    if at == len(answer["within"]):
        return {**answer, "row": number}
    within = [{**one, "row": number} if level == at else one for level, one in enumerate(answer["within"])]
    return {**answer, "within": within}


def _ident(fim: Mapping[str, Any]) -> dict[str, Any]:
    version = {"version": fim["version"]} if "version" in fim else {}
    return {"id": fim["id"], **version, "within": list(fim.get("within", ()))}
