# SPDX-License-Identifier: EUPL-1.2
"""Requests by chance, made by schemathesis of an OpenAPI document, and what answers to them have to hold.

Always the same ones: a run is repeated by running it again.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from mash_sdk.problems import MEDIA_TYPE

FITTING, UNFIT = 4, 4
"""Requests of each kind, for each operation."""
ABSENT = "01890a5d-ac96-774b-bcce-b302099a8057"
"""An id that nothing has. Documents do not say that ids are UUIDv7; all of ours are."""


@dataclass(frozen=True)
class Asked:
    """A request made of the document, and the judge of its answer."""

    method: str
    path: str
    """The operation's, with its places: `/api/forms/v1/forms/{name}`."""
    url: str
    headers: Mapping[str, str]
    content: bytes
    _case: Any

    def faults(self, answer: httpx.Response) -> Iterator[str]:
        """Say what is wrong with an answer: a failure of ours, or what the document does not say."""
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # 501: SensorThings has it for options a service does not have. 503 is a dependency that is away.
            if answer.status_code not in {HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE}:
                yield f"failed with {answer.status_code}"
            return
        if not self.path.startswith("/api/"):
            return
        documented = self._case.operation.definition.raw["responses"]
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            if answer.headers.get("content-type") != MEDIA_TYPE:
                yield f"refused with {answer.status_code} as {answer.headers.get('content-type')}"
        elif str(answer.status_code) not in documented:
            yield f"answered {answer.status_code}, documented are {', '.join(documented)}"
        yield from self._judged(answer)

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def _judged(self, answer: httpx.Response) -> Iterator[str]:
        from schemathesis.core.failures import Failure, FailureGroup
        from schemathesis.specs.openapi import checks

        judges = [checks.content_type_conformance, checks.response_schema_conformance]
        try:
            self._case.validate_response(answer, checks=judges)
        except FailureGroup as group:
            for failure in group.exceptions:
                said = failure.message if isinstance(failure, Failure) else str(failure)
                yield " ".join(said.split())[:500]

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.content[:300]!r}"


def requests_of(document: Mapping[str, Any], known: Mapping[str, str], *, unfit: int = UNFIT) -> list[Asked]:
    """Return requests to each operation that fit its description, and others that do not.

    `known`: what exists, by the name of its place in a path; every second fitting request asks for it.
    `unfit`: at most how many that do not fit an operation are looked for, which may take long.
    """
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis makes requests of the document")
    modes = {schemathesis.GenerationMode.POSITIVE: FITTING}
    if unfit:
        modes[schemathesis.GenerationMode.NEGATIVE] = unfit
    config = schemathesis.Config()
    made: list[Asked] = []
    for found in schemathesis.openapi.from_dict(dict(document), config=config).get_all_operations():
        operation = found.ok()
        named = re.findall(r"\{(\w+)\}", operation.path)
        there = {name: known[name] for name in named if name in known}
        absent = {name: ABSENT for name in named if name.endswith("_id")}
        for mode, number in modes.items():
            wrong = mode is schemathesis.GenerationMode.NEGATIVE
            for case in _drawn(operation.as_strategy(mode), number, may_be_none=wrong):
                if not wrong:
                    places = absent | (there if len(made) % 2 else {})
                    case.path_parameters = {**(case.path_parameters or {}), **places}
                if (request := _prepared(case)) is not None:
                    made.append(request)
    return made


def _drawn(strategy: Any, number: int, *, may_be_none: bool) -> Sequence[Any]:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import Unsatisfiable

    drawn: list[Any] = []

    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=tuple(HealthCheck),
    )
    @given(strategy)
    def draw(case: Any) -> None:
        drawn.append(case)

    try:
        draw()
    except Unsatisfiable:
        # What takes nothing, or anything, cannot be asked wrongly.
        if not may_be_none:
            raise
    return drawn


def _prepared(case: Any) -> Asked | None:
    """Write the request down as it goes over the wire; None for what no client could send."""
    import requests

    try:
        sent = requests.Request(**case.as_transport_kwargs(base_url="http://bench")).prepare()
    except (requests.exceptions.RequestException, UnicodeError, ValueError):
        return None
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    if not isinstance(body, bytes | None):
        return None
    # Who asks is the client's: a made-up token would end every request at the door.
    dropped = {"authorization", "user-agent", "content-length", "x-schemathesis-testcaseid"}
    headers = {
        name: value
        for name, value in sent.headers.items()
        if isinstance(value, str) and value.isascii() and value.isprintable() and name.lower() not in dropped
    }
    return Asked(case.method, case.operation.path, str(sent.url), headers, body or b"", case)
