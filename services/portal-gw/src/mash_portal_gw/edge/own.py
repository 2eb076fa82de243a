# SPDX-License-Identifier: EUPL-1.2
"""What the gateway answers itself, without asking a module: files, documents, the list of cities."""

from typing import Final

from mash_portal_gw.edge.answers import Headers, send_body
from mash_portal_gw.edge.assets import FOLDER, send_asset
from mash_portal_gw.edge.exchange import Exchange, Parts, cities_of
from mash_portal_gw.edge.shell import View
from mash_portal_gw.edge.tenancy import OPS, Place
from mash_sdk.manifest import Route
from mash_sdk.problems import NotFound

_OPS_PAGES: Final = ("/modules", "/traces", "/mail")
_OPERATORS: Final = Route(path=OPS, kind="page", roles=("operator",))
_PUBLIC: Final = Route(path="/life", kind="page")


def own_page(place: Place) -> Route | None:
    """The gateway's own page at this place, as a route."""
    path = place.path
    if place.is_operators:
        own = path == "/" or any(path == page or path.startswith(f"{page}/") for page in _OPS_PAGES)
        return _OPERATORS if own else None
    return _PUBLIC if path == "/" or path.startswith("/life/") else None


def inside_path(place: Place) -> str:
    """Where the gateway's own page lies in its FastAPI application."""
    if place.is_operators:
        return f"/pages/ops{place.path.rstrip('/')}"
    return "/pages/home" if place.path == "/" else f"/pages{place.path}"


async def send_file(parts: Parts, exchange: Exchange, path: str) -> None:
    """A style sheet, a script, a city's colours. Raises NotFound."""
    assert exchange.request is not None  # noqa: S101 — read before
    request, place = exchange.request, exchange.place
    is_city = path == f"{FOLDER}/city.css" and place is not None
    asset = parts.shell.colours(place.tenant) if is_city and place else parts.assets.get(path)
    if asset is None:
        raise NotFound("Diese Datei gibt es nicht.")
    said = [*exchange.extra, *parts.security.data(https=request.https)]
    await send_asset(exchange.say, request, asset, said)


async def send_document(parts: Parts, exchange: Exchange, path: str) -> None:
    """OpenAPI or AsyncAPI, of the tenant or of the whole platform."""
    assert exchange.request is not None  # noqa: S101 — read before
    tenant = exchange.place.tenant if exchange.place is not None else ""
    body = await parts.documents.get(path, parts.tenants.url(tenant) if tenant else None)
    headers: Headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"public, max-age=60"),
        *parts.security.data(https=exchange.request.https),
        *exchange.extra,
    ]
    await send_body(exchange.say, 200, headers, body, head_only=exchange.request.method == "HEAD")


async def send_nowhere(parts: Parts, exchange: Exchange, place: Place) -> None:
    """No tenant was named: the list of cities, or the whole platform's documents. Raises NotFound."""
    assert exchange.request is not None  # noqa: S101 — read before
    request = exchange.request
    if place.path in parts.documents.PATHS:
        exchange.route = place.path
        await send_document(parts, exchange, place.path)
        return
    if place.path != "/" or not request.safe:
        raise NotFound(
            f"Diese Kommune gibt es hier nicht. Vorhanden sind: {', '.join(parts.tenants)}.",
            kind="unknown-tenant",
        )
    exchange.route = "/"
    view = View(city=None, prefix="", path="/", here="/")
    main = parts.shell.render("cities.html", cities=cities_of(parts.tenants))
    before, after = parts.shell.frame(view, "Kommunen")
    headers: Headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"private, no-cache"),
        *parts.security.page(https=request.https),
        *exchange.extra,
    ]
    await send_body(exchange.say, 200, headers, before + main + after, head_only=request.method == "HEAD")
