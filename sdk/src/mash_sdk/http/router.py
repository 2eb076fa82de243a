# SPDX-License-Identifier: EUPL-1.2
"""Routes whose unit of work commits before the answer leaves, or not at all."""

from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from mash_sdk.database import Unit, is_too_slow
from mash_sdk.http import idempotency
from mash_sdk.http.guards import Allow, principal_of
from mash_sdk.http.state import RequestState, known, parts
from mash_sdk.problems import Unavailable, UnsupportedMediaType
from mash_sdk.provide import Provided

REFUSED = 400

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Undeclared(Exception):
    """A route does not say who may call it."""


async def _open(request: Request) -> Unit:
    state = known(request)
    if state.unit is None:
        who = await principal_of(request)
        state.unit = await state.stack.enter_async_context(parts(request).database.unit(who.tenant))
    return state.unit


InUnit = Annotated[Unit, Depends(_open)]
"""The request's transaction, opened when first asked for, for the tenant of who calls."""


class DoorRoute(APIRoute):
    """Commits the request's unit once its answer is made; rolls back when the answer is a refusal."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()
        keyed = _takes_key(self.dependant)
        json_body = self.body_field is not None and not _takes_form(self)
        guarding = tuple(guards(self.dependant))

        async def door(request: Request) -> Response:
            state = RequestState()
            request.scope["mash.request"] = state
            # First of all: who may not pass learns nothing of what would be right to send.
            for guard in guarding:
                await guard(request)
            if json_body:
                _require_json(request)
            try:
                async with state.stack:
                    answer = await (_once(request, inner) if keyed else inner(request))
                    if state.unit is not None and answer.status_code >= REFUSED:
                        await state.unit.discard()
            except Exception as err:
                if is_too_slow(err):
                    raise Unavailable(
                        "Das hat zu lange gedauert. Bitte weniger auf einmal verlangen.", kind="too-slow"
                    ) from err
                raise
            return answer

        return door


async def _once(request: Request, inner: Handler) -> Response:
    key = request.headers.get(idempotency.HEADER)
    if key is None:
        return await inner(request)
    asked = await idempotency.fingerprint(request)
    unit = await _open(request)
    slot = idempotency.Slot(unit, (await principal_of(request)).subject, key)
    earlier = await idempotency.remembered(unit, slot, asked)
    if earlier is not None:
        return earlier
    answer = await inner(request)
    if answer.status_code < REFUSED:
        await idempotency.remember(unit, slot, asked, answer)
    return answer


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMediaType("Bitte mit Content-Type: application/json senden.")


def _takes_key(dependant: Dependant) -> bool:
    named = any(field.alias.lower() == idempotency.HEADER for field in dependant.header_params)
    return named or any(_takes_key(child) for child in dependant.dependencies)


def _takes_form(route: APIRoute) -> bool:
    field = route.body_field
    return field is not None and isinstance(field.field_info, Form)


class Router(APIRouter):
    """An APIRouter of DoorRoutes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=DoorRoute, **options)


def guards(dependant: Dependant) -> Iterator[Allow]:
    """Who may pass, as the route's dependencies say."""
    return (call for call in _calls(dependant) if isinstance(call, Allow))


def require_declared(routers: Iterable[APIRouter], provides: Mapping[type, object]) -> None:
    """Raise Undeclared unless every route says who may call it, Missing unless what it asks for is there."""
    for router in routers:
        for route in router.routes:
            if not isinstance(route, DoorRoute):
                raise Undeclared(f"{getattr(route, 'path', route)} is no route of mash_sdk.http.Router")
            if not any(guards(route.dependant)):
                raise Undeclared(
                    f"{sorted(route.methods or ())} {route.path} does not say who may call it: add Allow(…)"
                )
            for call in _calls(route.dependant):
                if isinstance(call, Allow) and call.keyring is not None:
                    Provided(call.keyring).find(provides)
                if isinstance(call, Provided):
                    call.find(provides)


def _calls(dependant: Dependant) -> Iterator[object]:
    for child in dependant.dependencies:
        yield child.call
        yield from _calls(child)
