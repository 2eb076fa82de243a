# SPDX-License-Identifier: EUPL-1.2
"""HTML pages: a module answers a page's <main>; the gateway puts it into the portal's shell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Depends
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from mash_sdk.http.forms import CSRF_HEADER
from mash_sdk.http.guards import principal_of
from mash_sdk.http.state import parts
from mash_sdk.identity import Principal
from mash_sdk.tenants import OPERATORS, Tenant

PREFIX_HEADER = "mash-prefix"
TITLE_HEADER = "mash-title"


@dataclass(frozen=True, slots=True)
class PageContext:
    """What a template knows of the request: for whom, for which city, and how links are written."""

    principal: Principal
    tenant: Tenant | None
    prefix: str
    csrf: str

    def url(self, path: str) -> str:
        """The path as the browser has to ask for it."""
        return f"{self.prefix}{path}"

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.tenant.timezone if self.tenant else "Europe/Berlin")


async def _context(request: Request) -> PageContext:
    who = await principal_of(request)
    tenant = None if who.tenant == OPERATORS else parts(request).tenants[who.tenant]
    prefix = request.headers.get(PREFIX_HEADER, "")
    return PageContext(who, tenant, prefix, request.headers.get(CSRF_HEADER, ""))


Page = Annotated[PageContext, Depends(_context)]


class Pages:
    """The templates in a package's folder pages/, which may import `kern.html`, the SDK's building blocks.

    Everything is escaped; an unknown name is an error.
    """

    def __init__(self, package: str, filters: Mapping[str, Any] | None = None) -> None:
        self._environment = Environment(
            loader=ChoiceLoader(
                [PackageLoader(package, "pages"), PackageLoader("mash_sdk.http", "templates")]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"money": money, "day": day, "moment": moment, **(filters or {})}

    def render(
        self, page: PageContext, template: str, *, title: str, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A <main> fragment with its title in a header, for the shell."""
        html = self._environment.get_template(template).render(page=page, title=title, **context)
        return HTMLResponse(html, status, {TITLE_HEADER: quote(title), "cache-control": "no-store"})


def money(cents: int, currency: str = "EUR") -> str:
    """3100 → `31,00 €`."""
    whole, rest = divmod(abs(cents), 100)
    sign = "−" if cents < 0 else ""
    return f"{sign}{whole:,}".replace(",", ".") + f",{rest:02d}\u00a0{'€' if currency == 'EUR' else currency}"


def day(when: datetime, page: PageContext) -> str:
    """The local date, `21.11.2026`."""
    return when.astimezone(page.timezone).strftime("%d.%m.%Y")


def moment(when: datetime, page: PageContext) -> str:
    """Local date and time, `21.11.2026, 08:05 Uhr`."""
    return when.astimezone(page.timezone).strftime("%d.%m.%Y, %H:%M Uhr")
