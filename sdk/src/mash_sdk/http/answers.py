# SPDX-License-Identifier: EUPL-1.2
"""Problems as answers: RFC 9457 documents, for what we raise and for what the framework raises."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mash_sdk import storable
from mash_sdk.problems import MEDIA_TYPE, Fault, Invalid, NotFound, Problem, Unreadable, pointer
from mash_sdk.telemetry import trace_id

TYPE_BASE = "https://mash.example/problems/"
"""`type` is an identifier (RFC 9457, 3.1.1); docs/reference/problems.md explains each."""

_REMEDY = "Nach der Beschreibung der Schnittstelle (openapi.json) berichtigen."
_RFC_3339 = "Nach RFC 3339 angeben, zum Beispiel 2026-03-01T12:00:00Z."
_WORDS = {
    "missing": ("fehlt", "Angabe ergänzen."),
    "extra_forbidden": ("ist hier unbekannt", "Angabe weglassen."),
    "string_type": ("ist kein Text", "Als Zeichenkette senden."),
    "int_parsing": ("ist keine ganze Zahl", "Eine ganze Zahl angeben."),
    "string_too_short": ("ist zu kurz", "Länger angeben."),
    "string_too_long": ("ist zu lang", "Kürzer angeben."),
    "string_pattern_mismatch": ("hat nicht die erwartete Form", "Die beschriebene Form verwenden."),
    "greater_than_equal": ("ist zu klein", "Einen größeren Wert angeben."),
    "less_than_equal": ("ist zu groß", "Einen kleineren Wert angeben."),
    "uuid_parsing": ("ist keine UUID", "Eine UUID angeben."),
    "int_type": ("ist keine ganze Zahl", "Eine ganze Zahl angeben."),
    "int_from_float": ("ist keine ganze Zahl", "Eine ganze Zahl angeben."),
    "float_parsing": ("ist keine Zahl", "Eine Zahl angeben."),
    "float_type": ("ist keine Zahl", "Eine Zahl angeben."),
    "finite_number": ("ist keine endliche Zahl", "Eine Zahl angeben."),
    "bool_parsing": ("ist weder true noch false", "true oder false angeben."),
    "bool_type": ("ist weder true noch false", "true oder false angeben."),
    "greater_than": ("ist zu klein", "Einen größeren Wert angeben."),
    "less_than": ("ist zu groß", "Einen kleineren Wert angeben."),
    "too_short": ("hat zu wenige Einträge", "Mehr Einträge angeben."),
    "too_long": ("ist zu lang oder hat zu viele Einträge", "Kürzer angeben."),
    "list_type": ("ist keine Liste", "Als JSON-Liste senden."),
    "dict_type": ("ist kein Objekt", "Als JSON-Objekt senden."),
    "model_type": ("ist kein Objekt", "Als JSON-Objekt senden."),
    "model_attributes_type": ("ist kein Objekt", "Als JSON-Objekt senden."),
    "literal_error": ("ist keiner der erlaubten Werte", "Einen der beschriebenen Werte angeben."),
    "enum": ("ist keiner der erlaubten Werte", "Einen der beschriebenen Werte angeben."),
    "date_from_datetime_parsing": ("ist kein Datum", "Als JJJJ-MM-TT angeben."),
    "date_parsing": ("ist kein Datum", "Als JJJJ-MM-TT angeben."),
    "date_type": ("ist kein Datum", "Als JJJJ-MM-TT angeben."),
    "datetime_from_date_parsing": ("ist keine Zeit", _RFC_3339),
    "datetime_object_invalid": ("ist keine Zeit", _RFC_3339),
    "datetime_parsing": ("ist keine Zeit", _RFC_3339),
    "datetime_type": ("ist keine Zeit", _RFC_3339),
    "timezone_aware": ("nennt keine Zeitzone", _RFC_3339),
    "not_storable": (storable.REASON, storable.REMEDY),
    "string_unicode": (storable.REASON, storable.REMEDY),
}


def problem_document(problem: Problem, instance: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": TYPE_BASE + problem.kind,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": quote(instance),
        "trace_id": trace_id(),
    }
    if problem.errors:
        document["errors"] = [
            {"pointer": fault.pointer, "reason": fault.reason, "remedy": fault.remedy}
            for fault in problem.errors
        ]
    return document


def problem_response(problem: Problem, instance: str) -> Response:
    headers = {"cache-control": "no-store"}
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    body = json.dumps(problem_document(problem, instance), ensure_ascii=False).encode()
    return Response(body, problem.status, headers, media_type=MEDIA_TYPE)


def unexpected(instance: str) -> Response:
    """The answer to a failure of ours: it names the trace, not the cause."""
    hint = f" Kennung: {trace_id()}" if trace_id() else ""
    return problem_response(Problem("Der Fehler liegt bei uns und ist vermerkt." + hint), instance)


def explain(app: FastAPI) -> None:
    """Make every refusal of the application a problem document."""

    async def ours(request: Request, err: Exception) -> Response:
        assert isinstance(err, Problem)  # noqa: S101 — that is what it is registered for
        return problem_response(err, request.url.path)

    async def validation(request: Request, err: Exception) -> Response:
        assert isinstance(err, RequestValidationError)  # noqa: S101 — see above
        return problem_response(_invalid(err.errors()), request.url.path)

    async def framework(request: Request, err: Exception) -> Response:
        assert isinstance(err, HTTPException)  # noqa: S101 — see above
        if isinstance(err.__cause__, Problem):  # FastAPI wraps what reading the body raised
            return problem_response(err.__cause__, request.url.path)
        return problem_response(_named(err), request.url.path)

    app.add_exception_handler(Problem, ours)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, framework)


def _named(err: HTTPException) -> Problem:
    if err.status_code == HTTPStatus.NOT_FOUND:
        return NotFound("Diese Adresse gibt es nicht.")
    if err.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return Problem(
            "Diese Adresse kennt die Methode nicht.",
            kind="method-not-allowed",
            status=405,
            title="Methode nicht erlaubt",
        )
    if err.status_code == HTTPStatus.BAD_REQUEST:
        return Unreadable("Der Inhalt der Anfrage ist nicht lesbar.")
    phrase = HTTPStatus(err.status_code).phrase
    return Problem(phrase, kind=phrase.lower().replace(" ", "-"), status=err.status_code, title=phrase)


def _invalid(errors: Sequence[Any]) -> Problem:
    faults = []
    for error in errors:
        place, *path = (str(part) for part in error["loc"])
        if error["type"] == "json_invalid":
            return Unreadable(
                "Der Inhalt ist kein gültiges JSON.",
                errors=[
                    Fault(
                        "",
                        f"ist ab Zeichen {path[-1] if path else '?'} kein JSON",
                        "Als JSON (RFC 8259) senden.",
                    )
                ],
            )
        reason, remedy = _WORDS.get(error["type"], (error["msg"], _REMEDY))
        where = pointer(*path) if place == "body" else f"?{path[-1] if path else place}"
        faults.append(Fault(where, reason, remedy))
    return Invalid("Bitte die genannten Angaben berichtigen.", errors=faults)
