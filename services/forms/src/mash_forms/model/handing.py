# SPDX-License-Identifier: EUPL-1.2
"""Which modules are told which answers of an approved application, because they do what it asks for.

A form's file says it, so it is known when the form is made and fixed with its version. Nobody else is told.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Raw = Mapping[str, Any]


def hands_to_of(raw: Raw | None) -> Mapping[str, tuple[str, ...]]:
    """Read what a form's file says under `hands_to`: names of answers by module."""
    return {
        str(module): tuple(str(path).removeprefix("/") for path in paths)
        for module, paths in (raw or {}).items()
    }


def hands_to_faults(form: Raw) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with `hands_to`, beyond its shape."""
    if not form.get("hands_to"):
        return
    if form.get("handover"):
        yield ("hands_to",), "another authority decides (handover), so nothing is approved here; remove it"
    files = {
        field["path"].removeprefix("/")
        for step in form["steps"]
        for field in step.get("fields") or []
        if field.get("widget") == "upload"
    }
    for module, names in hands_to_of(form["hands_to"]).items():
        for at, name in enumerate(names):
            if name not in form["data"]["properties"] or name in names[:at]:
                yield ("hands_to", module, at), f"/{name} is no answer of the form, or there twice"
            elif name in files:
                yield ("hands_to", module, at), f"/{name} is a file, which no module is handed"
