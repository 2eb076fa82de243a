# SPDX-License-Identifier: EUPL-1.2
"""Public documents answered from memory: which one, in which encoding, or 304."""

from functools import lru_cache
from typing import Final

from mash_portal_gw.edge.exchange import Exchange, Parts
from mash_portal_gw.edge.request import Request
from mash_portal_gw.edge.tenancy import Place
from mash_portal_gw.model.public import Held, Variant
from mash_portal_gw.service.routes import Target
from mash_portal_gw.service.shelves import Shelf
from mash_portal_gw.signals import PUBLIC_READ
from mash_sdk.public import record_key
from mash_sdk.telemetry import count

EDGE: Final = "public"
"""What spans say of an answer that came from memory."""
CONDITIONS: Final = frozenset({b"if-match", b"if-unmodified-since"})
"""What only the module judges."""


def shelf_of(parts: Parts, place: Place, target: Target) -> Shelf | None:
    """Where the document of this place would lie; None if nothing is published there."""
    manifest = target.module.manifest
    if place.raw_path != place.path.encode() or not manifest.publishes(place.path):
        return None
    return parts.shelves.of(manifest.name)


def held_for(parts: Parts, request: Request, place: Place, target: Target) -> Held | None:
    """The document that answers this request whoever asks, if there is one."""
    if request.method not in ("GET", "HEAD") or request.query or request.has_body:
        return None
    if not CONDITIONS.isdisjoint(request.fields):
        return None
    shelf = shelf_of(parts, place, target)
    return shelf.get(record_key(place.tenant, place.path)) if shelf is not None else None


def chosen(held: Held, if_none_match: bytes | None, accept_encoding: bytes | None) -> tuple[Variant, bool]:
    """The variant to answer with, and whether the client has it already."""
    if if_none_match is not None:
        known = held.known_as(if_none_match.decode("latin-1"))
        if known is not None:
            return known, True
    if held.packed is not None and accept_encoding is not None and takes_gzip(accept_encoding):
        return held.packed, False
    return held.plain, False


@lru_cache(maxsize=512)
def takes_gzip(accept_encoding: bytes) -> bool:
    """RFC 9110, 12.5.3: named, or meant by `*`, and not with the weight 0."""
    weights: dict[bytes, bool] = {}
    for part in accept_encoding.lower().split(b","):
        coding, _, parameters = part.partition(b";")
        weight = parameters.replace(b" ", b"").removeprefix(b"q=")
        weights[coding.strip()] = weight.strip(b"0.") != b"" or not weight
    named = [weights[coding] for coding in (b"gzip", b"x-gzip", b"*") if coding in weights]
    return bool(named) and named[0]


async def send_held(parts: Parts, exchange: Exchange, target: Target, held: Held) -> None:
    """Answer with a document."""
    assert exchange.request is not None  # noqa: S101 — read before
    request = exchange.request
    exchange.edge = EDGE
    fields = request.fields
    variant, known = chosen(held, fields.get(b"if-none-match"), fields.get(b"accept-encoding"))
    said = [*parts.security.data(https=request.https), *exchange.extra]
    own = variant.fields if known else (*variant.fields, *variant.body_fields)
    module = target.module.manifest.name
    count(PUBLIC_READ, attributes={"mash.module": module, "mash.outcome": outcome(known=known)})
    await exchange.say(
        {"type": "http.response.start", "status": 304 if known else 200, "headers": [*own, *said]}
    )
    empty = known or request.method == "HEAD"
    await exchange.say({"type": "http.response.body", "body": b"" if empty else variant.body})


def outcome(*, known: bool) -> str:
    return "unchanged" if known else "sent"
