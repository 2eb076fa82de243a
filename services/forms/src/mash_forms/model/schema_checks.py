# SPDX-License-Identifier: EUPL-1.2
"""What is wrong with a form's data schema: patterns nobody could search, bounds nobody could meet."""

from collections.abc import Iterator, Mapping
from typing import Any

from mash_forms.model.patterns import BadPattern, compiled

Place = tuple[str | int, ...]
Found = tuple[Place, str]
_NAMED = ("properties", "$defs", "dependentSchemas")
_ONE = ("items", "contains", "not", "if", "then", "else", "additionalProperties", "unevaluatedProperties")
_ONE_TOO = ("unevaluatedItems", "propertyNames")
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_BOUNDS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))


def schema_faults(data: Mapping[str, Any]) -> Iterator[Found]:
    """Every fault of a schema that JSON Schema itself allows."""
    for place, schema in _schemas(data, ("data",)):
        if "patternProperties" in schema:
            yield (*place, "patternProperties"), "questions are named one by one; write out the properties"
        if isinstance(schema.get("pattern"), str):
            try:
                compiled(schema["pattern"])
            except BadPattern as fault:
                yield (*place, "pattern"), f"the pattern {schema['pattern']!r} {fault}"
        yield from _bounds(place, schema)


def _bounds(place: Place, schema: Mapping[str, Any]) -> Iterator[Found]:
    for least, most in _BOUNDS:
        if schema.get(least, 0) > schema.get(most, schema.get(least, 0)):
            what = f"{least} is {schema[least]} and {most} is {schema[most]}: no answer can be both"
            yield (*place, least), what
    lows = [(schema[key], key) for key in ("minimum", "exclusiveMinimum") if key in schema]
    tops = [(schema[key], key) for key in ("maximum", "exclusiveMaximum") if key in schema]
    for low, least in lows:
        for top, most in tops:
            if low > top or (low == top and (least, most) != ("minimum", "maximum")):
                yield (*place, least), f"{least} is {low} and {most} is {top}: no answer can be both"


def _schemas(schema: Any, place: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    if not isinstance(schema, Mapping):
        return
    yield place, schema
    for key in _NAMED:
        for name, inside in (schema.get(key) or {}).items():
            yield from _schemas(inside, (*place, key, name))
    for key in (*_ONE, *_ONE_TOO):
        yield from _schemas(schema.get(key), (*place, key))
    for key in _SEVERAL:
        for at, inside in enumerate(schema.get(key) or ()):
            yield from _schemas(inside, (*place, key, at))
