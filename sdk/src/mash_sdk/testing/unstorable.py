# SPDX-License-Identifier: EUPL-1.2
"""Requests that hold what PostgreSQL refuses, wherever a route takes text: made from its OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mash_sdk.ids import new_id

NUL, HALF = "\0", "\ud800"
_FITTING: Final = {
    "date": "2026-03-02",
    "date-time": "2026-03-02T09:00:00Z",
    "uuid": "",
    "uri": "https://a.example",
}


def unstorable(
    path: str, url: str, asked: Mapping[str, Any], document: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """URL and arguments of each request: NUL in path and query, NUL and half a surrogate pair in the body.

    `url` is `path` with something fitting in its places; `asked` is the route's part of `document`.
    """
    if "{" in path:
        yield re.sub(r"\{[^/]*\}", "%00", path), {}
    for parameter in asked.get("parameters", ()):
        if parameter["in"] == "query":
            yield url, {"params": {parameter["name"]: NUL}}
    body = asked.get("requestBody", {}).get("content", {}).get("application/json")
    if body is None:
        return
    for text in (NUL, HALF):
        sent = _filled(body["schema"], text, document)
        yield url, {"content": json.dumps(sent), "headers": {"content-type": "application/json"}}


def _filled(schema: Mapping[str, Any], text: str, document: Mapping[str, Any]) -> Any:
    """Something fitting, with a word and `text` where any text would do."""
    while "$ref" in schema or "anyOf" in schema:
        named = schema.get("$ref", "").rpartition("/")[2]
        schema = document["components"]["schemas"][named] if named else schema["anyOf"][0]
    if "enum" in schema or "const" in schema:
        return schema.get("const") or schema["enum"][0]
    filled: Any = _FITTING.get(schema.get("format", ""), f"word{text}") or new_id()
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {"any": {"type": "string"}})
            filled = {name: _filled(one, text, document) for name, one in fields.items()}
        case "array":
            filled = [_filled(schema.get("items", {}), text, document)]
        case "integer" | "number":
            filled = schema.get("minimum", 1)
        case "boolean":
            filled = True
    return filled
