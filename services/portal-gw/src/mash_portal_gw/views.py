# SPDX-License-Identifier: EUPL-1.2
"""The gateway's own pages: a city's start page and life situations, and what operators see."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse

from mash_portal_gw.model.city import City
from mash_portal_gw.model.trace import TRACE_ID, Span, Trace
from mash_portal_gw.service.health import Health
from mash_portal_gw.service.ports import Mailbox, ModuleDoors, TraceStore
from mash_portal_gw.service.routes import RouteTable
from mash_portal_gw.service.shelves import Shelves
from mash_sdk.http import Allow, Page, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import NotFound
from mash_sdk.provide import Provide

router = Router(prefix="/pages", include_in_schema=False)

WIDTH = 1000
_SECOND = 1_000_000
_HIDDEN = frozenset({"span.kind", "internal.span.format", "otel.scope.name", "otel.scope.version", "error"})


class Cities(dict[str, City]):
    """The cities by tenant; a type of its own, so that Provide finds it."""


def milliseconds(micros: int) -> str:
    """Microseconds for people: `12,3 ms`, `1,20 s`."""
    text = f"{micros / 1000:.1f}\u00a0ms" if micros < _SECOND else f"{micros / _SECOND:.2f}\u00a0s"
    return text.replace(".", ",")


pages = Pages("mash_portal_gw", {"milliseconds": milliseconds})

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Operator = Annotated[Principal, Depends(Allow("operator"))]
Routes = Annotated[RouteTable, Provide(RouteTable)]


@router.get("/home", response_class=HTMLResponse)
async def home(
    page: Page, _: Anyone, routes: Routes, cities: Annotated[Cities, Provide(Cities)]
) -> HTMLResponse:
    city = cities[page.principal.tenant]
    cards = [card for card in routes.cards() if card.situation is None]
    return pages.render(page, "home.html", title="Start", city=city, cards=cards)


@router.get("/life/{slug}", response_class=HTMLResponse)
async def situation(
    page: Page, _: Anyone, slug: str, routes: Routes, cities: Annotated[Cities, Provide(Cities)]
) -> HTMLResponse:
    found = cities[page.principal.tenant].situation(slug)
    if found is None:
        raise NotFound("Diese Lebenslage gibt es hier nicht.")
    cards = [card for card in routes.cards() if card.situation == slug]
    return pages.render(page, "situation.html", title=found.title, situation=found, cards=cards)


@router.get("/ops", response_class=HTMLResponse)
async def overview(
    page: Page,
    _: Operator,
    routes: Routes,
    health: Annotated[Health, Provide(Health)],
    cities: Annotated[Cities, Provide(Cities)],
    others: Annotated[ModuleDoors, Provide(ModuleDoors)],
) -> HTMLResponse:
    modules = list(routes.modules())
    instances = [one for _, live in modules for one in live]
    ready = await asyncio.gather(*(others.ready(one.origin) for one in instances))
    return pages.render(
        page,
        "ops.html",
        title="Übersicht",
        checks=await health.look(),
        troubles=[city for city in cities.values() if city.trouble],
        modules=modules,
        ready={one.id: state for one, state in zip(instances, ready, strict=True)},
        live=sum(1 for _, live in modules if live),
        rejected=routes.rejected,
    )


@router.get("/ops/modules", response_class=HTMLResponse)
async def modules_page(
    page: Page, _: Operator, routes: Routes, shelves: Annotated[Shelves, Provide(Shelves)]
) -> HTMLResponse:
    return pages.render(
        page,
        "ops_modules.html",
        title="Module",
        modules=list(routes.modules()),
        shelves={name: shelves.of(name) for name in shelves.names()},
        approved=sorted(routes.approved.values(), key=lambda one: one.name),
        rejections=routes.rejections(),
    )


@router.get("/ops/traces", response_class=HTMLResponse)
async def traces_page(
    page: Page,
    _: Operator,
    traces: Annotated[TraceStore, Provide(TraceStore)],
    id: Annotated[str, Query(max_length=64)] = "",  # noqa: A002 — the field's name in the address
    service: Annotated[str, Query(max_length=64)] = "",
) -> HTMLResponse:
    asked = id.strip()
    if TRACE_ID.fullmatch(asked):
        return await trace_page(page, _, asked, traces)
    services = await traces.services()
    if asked:
        found, heading = await traces.of_journey(asked), f"Reise {asked}"
    else:
        service = service or ("portal-gw" if "portal-gw" in services else next(iter(services), ""))
        found = await traces.newest(service) if service else []
        heading = f"Neueste von {service}" if service else "Noch keine Spuren"
    return pages.render(
        page,
        "ops_traces.html",
        title="Spuren",
        asked=asked,
        services=services,
        service=service,
        traces=found,
        heading=heading,
    )


@router.get("/ops/traces/{trace}", response_class=HTMLResponse)
async def trace_page(
    page: Page, _: Operator, trace: str, traces: Annotated[TraceStore, Provide(TraceStore)]
) -> HTMLResponse:
    found = await traces.one(trace)
    return pages.render(
        page, "ops_trace.html", title=found.name, trace=found, bars=bars_of(found), hidden=_HIDDEN
    )


@router.get("/ops/mail", response_class=HTMLResponse)
async def mail_page(page: Page, _: Operator, mail: Annotated[Mailbox, Provide(Mailbox)]) -> HTMLResponse:
    return pages.render(page, "ops_mail.html", title="Post", letters=await mail.newest())


@router.get("/ops/mail/{letter}", response_class=HTMLResponse)
async def letter_page(
    page: Page, _: Operator, letter: str, mail: Annotated[Mailbox, Provide(Mailbox)]
) -> HTMLResponse:
    found = await mail.one(letter)
    return pages.render(page, "ops_letter.html", title=found.subject or "Nachricht", letter=found)


@dataclass(frozen=True, slots=True)
class Bar:
    """A span in the picture: where it lies on a width of 1000, and on which side its name fits."""

    span: Span
    x: float
    width: float
    text_x: float
    text_end: bool


def bars_of(trace: Trace) -> list[Bar]:
    whole = max(trace.took, 1)
    bars = []
    for span in trace.spans:
        x = round((span.began - trace.began) / whole * WIDTH, 1)
        width = max(round(span.took / whole * WIDTH, 1), 2.0)
        # The name stands where there is room: over a long bar, else on the side with more space.
        if width > WIDTH / 2:
            bars.append(Bar(span, x, width, x + 6, text_end=False))
        elif x + width < WIDTH / 2:
            bars.append(Bar(span, x, width, x + width + 6, text_end=False))
        else:
            bars.append(Bar(span, x, width, x - 6, text_end=True))
    return bars
