# SPDX-License-Identifier: EUPL-1.2
"""Several requests in one (18-088, 11; OData 4.01, JSON format 19): each goes through its own door."""

import json
import re
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote, urlsplit

from fastapi import Depends, Request
from pydantic import BaseModel, Field
from starlette.types import Message, Scope

from mash_sdk.http import Allow, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import Fault, Invalid, NotImplementedYet
from mash_sensors.api.sta.reads import Show
from mash_sensors.api.sta.shown import ROOT

router = Router(prefix=ROOT, tags=["sensorthings"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
MOST: Final = 50
_REFERENCE: Final = re.compile(r"^/?\$([\w-]{1,60})(?=[/?]|$)")
_KEPT: Final = ("type", "asgi", "http_version", "scheme", "server", "client", "root_path")
_DROPPED: Final = frozenset({b"content-length", b"content-type", b"idempotency-key", b"accept-encoding"})


class Part(BaseModel):
    """`url` is relative to the service's root; `$<id>` in its place is what another part has made."""

    id: str = Field(min_length=1, max_length=60, pattern=r"^[\w-]+$")
    method: Literal["get", "post", "patch", "put", "delete", "GET", "POST", "PATCH", "PUT", "DELETE"]
    url: str = Field(min_length=1, max_length=9000)
    headers: dict[str, str] = Field(default_factory=dict, max_length=20)
    body: Any = None
    atomicity_group: str | None = Field(None, alias="atomicityGroup")


class Batch(BaseModel):
    requests: list[Part] = Field(max_length=MOST)


class PartAnswer(BaseModel):
    id: str
    status: int
    headers: dict[str, str]
    body: Any = None


class BatchAnswer(BaseModel):
    responses: list[PartAnswer]


@router.post("/$batch")
async def batch(body: Batch, request: Request, _who: Anyone, show: Show) -> BatchAnswer:
    """Up to 50 requests, one after another, each by itself: what one is refused undoes no other."""
    if any(part.atomicity_group is not None for part in body.requests):
        raise NotImplementedYet(
            "Teile, die nur zusammen gelten (atomicityGroup), gibt es nicht.",
            errors=[
                Fault(
                    "/requests", "hat eine atomicityGroup", "Zusammengehöriges in einem Deep Insert anlegen."
                )
            ],
        )
    if len({part.id for part in body.requests}) < len(body.requests):
        raise Invalid(
            "Bitte die genannten Angaben berichtigen.",
            errors=[Fault("/requests", "nennt eine id zweimal", "Jede id einmal vergeben.")],
        )
    answers: list[PartAnswer] = []
    places: dict[str, str] = {}
    for number, part in enumerate(body.requests):
        path, query = _place(part, number, places, show.url())
        answer = await _asked(request, part, path, query)
        answers.append(answer)
        if "location" in answer.headers:
            places[part.id] = answer.headers["location"].removeprefix(show.url())
    return BatchAnswer(responses=answers)


def _place(part: Part, number: int, places: dict[str, str], outside: str) -> tuple[str, str]:
    """Path and query inside. Raise Invalid for what lies outside of SensorThings."""
    url = part.url.removeprefix(outside)
    reference = _REFERENCE.match(url)
    if reference is not None and reference[1] in places:
        url = places[reference[1]] + url[reference.end() :]
    split = urlsplit(url if "://" not in url else "//")
    path = "/" + split.path.lstrip("/").removeprefix("v1.1/")
    if "://" in part.url.removeprefix(outside) or ".." in path or path.startswith("/$batch"):
        raise Invalid(
            "Bitte die genannten Angaben berichtigen.",
            errors=[
                Fault(
                    f"/requests/{number}/url", "liegt nicht unter dieser Wurzel", "Wie Things?$top=1 angeben."
                )
            ],
        )
    return ROOT + path.rstrip("/"), split.query


async def _asked(request: Request, part: Part, path: str, query: str) -> PartAnswer:
    """Ask our own application, as who asked us."""
    content = b"" if part.body is None else json.dumps(part.body).encode()
    headers = [(name, value) for name, value in request.scope["headers"] if name not in _DROPPED]
    own = {name.lower(): value for name, value in part.headers.items()}
    if content:
        headers.append(
            (b"content-type", own.get("content-type", "application/json").encode("latin-1", "replace"))
        )
    if "idempotency-key" in own:
        headers.append((b"idempotency-key", own["idempotency-key"].encode("latin-1", "replace")))
    scope: Scope = {name: request.scope[name] for name in _KEPT if name in request.scope} | {
        "method": part.method.upper(),
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": headers,
    }
    sent: list[Message] = []
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await request.app(scope, receive, send)
    start = next(one for one in sent if one["type"] == "http.response.start")
    whole = b"".join(one.get("body", b"") for one in sent if one["type"] == "http.response.body")
    said = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    shown = {name: said[name] for name in ("content-type", "location", "retry-after") if name in said}
    return PartAnswer(id=part.id, status=start["status"], headers=shown, body=_body(whole, said))


def _body(whole: bytes, headers: dict[str, str]) -> Any:
    if not whole:
        return None
    return json.loads(whole) if "json" in headers.get("content-type", "") else whole.decode()
