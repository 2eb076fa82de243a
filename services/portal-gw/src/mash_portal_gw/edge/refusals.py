# SPDX-License-Identifier: EUPL-1.2
"""How a problem is said: to a browser as a page in the shell, to all others as a problem document."""

from urllib.parse import quote

from mash_portal_gw.edge.answers import Headers, problem_headers, send_body, send_problem, send_redirect
from mash_portal_gw.edge.callers import LoginNeeded
from mash_portal_gw.edge.exchange import Exchange, Parts, cities_of, view_of
from mash_portal_gw.edge.request import shown
from mash_portal_gw.edge.tenancy import Place
from mash_sdk.problems import Problem


async def refuse(parts: Parts, exchange: Exchange, problem: Problem) -> None:
    """Answer with the problem. Where a person only has to log in, they are sent there."""
    request = exchange.request
    if request is None or not request.wants_html or _is_api(exchange.place):
        said = parts.security.data(https=bool(request and request.https))
        await send_problem(
            exchange.say,
            problem,
            request.path if request else shown(exchange.scope["raw_path"] or b"/"),
            [*exchange.extra, *said],
            head_only=exchange.scope["method"] == "HEAD",
        )
        return
    place = exchange.place or Place("", "", request.path, request.raw_path)
    view = view_of(parts, request, place, exchange.caller)
    security = parts.security.page(https=request.https)
    if isinstance(problem, LoginNeeded) and request.method in ("GET", "HEAD"):
        location = f"{place.prefix}/login?next={quote(view.here, safe='/')}"
        await send_redirect(exchange.say, location, [*exchange.extra, *security])
        return
    cities = cities_of(parts.tenants) if problem.kind == "unknown-tenant" else []
    headers: Headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        *problem_headers(problem),
        *security,
        *exchange.extra,
    ]
    page = parts.shell.error(view, problem, cities)
    await send_body(exchange.say, problem.status, headers, page, head_only=request.method == "HEAD")


def _is_api(place: Place | None) -> bool:
    return place is not None and place.path.startswith("/api/")
