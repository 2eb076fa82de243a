# SPDX-License-Identifier: EUPL-1.2
"""OData's system query options, as far as they are supported, and how a list of entities goes on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from mash_sdk.ids import parse_id
from mash_sdk.problems import Fault, Invalid, NotFound, NotImplementedYet
from mash_sensors.service.reading import Behind, Listing, Order, Piece

PAGE, LONGEST_PAGE = 100, 1000
MOST_SKIPPED: Final = 10_000
"""Observations: what is skipped is read all the same, and there are millions."""

_OPTIONS: Final = ("$count", "$skip", "$top")
_ORDERS: Final[dict[str, Order]] = {
    "phenomenonTime": "asc",
    "phenomenonTime asc": "asc",
    "phenomenonTime desc": "desc",
}
_QUOTED: Final = re.compile(r"'([^']*)'")

Top = Annotated[int, Query(alias="$top", ge=0, description=f"at most {LONGEST_PAGE} at once")]
Skip = Annotated[int, Query(alias="$skip", ge=0, le=2**31)]
SkipToken = Annotated[str | None, Query(alias="$skiptoken", description="as `@iot.nextLink` has it")]
Count = Annotated[bool, Query(alias="$count", description="true: say how many there are")]
OrderBy = Annotated[str | None, Query(alias="$orderby", description=" or ".join(sorted(_ORDERS)))]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a request, and what they come to."""

    top: int
    skip: int
    counted: bool

    @property
    def piece(self) -> Piece:
        return Piece(self.skip, self.top, self.counted)

    def next(self, listing: Listing[Any], url: str) -> str | None:
        """The link to what follows; None at the end."""
        return self._next(listing, url, {"$skip": self.skip + self.top})

    def _next(self, listing: Listing[Any], url: str, on: Mapping[str, str | int]) -> str | None:
        if not listing.more or not self.top:
            return None
        options: dict[str, str | int] = {"$top": self.top, **on}
        if self.counted:
            options["$count"] = "true"
        return f"{url}?{urlencode(options, safe='$')}"


@dataclass(frozen=True, slots=True)
class OptionsByTime(Options):
    """Of observations. They go on behind the last one: however far, that costs the same."""

    orderby: str | None = None
    behind: Behind | None = None

    def piece_by(self, default: Order) -> Piece:
        """`default`: the order unless another was asked."""
        order = _ORDERS[self.orderby] if self.orderby is not None else default
        return Piece(self.skip, self.top, self.counted, order, self.behind)

    def next(self, listing: Listing[Any], url: str) -> str | None:
        """The link to what follows; None at the end."""
        if not listing.entities:
            return None
        last = listing.entities[-1]
        on = {"$skiptoken": f"{last.phenomenon_time.isoformat()}_{last.id}"}
        if self.orderby is not None:
            on["$orderby"] = self.orderby
        return self._next(listing, url, on)


def _plain(request: Request, top: Top = PAGE, skip: Skip = 0, count: Count = False) -> Options:  # noqa: FBT002 — OData's
    """18-088, 9.3.1: an option that is not supported is refused, with 501."""
    _refuse_others(request, _OPTIONS)
    return Options(min(top, LONGEST_PAGE), skip, count)


def _ordered(
    request: Request,
    top: Top = PAGE,
    skip: Skip = 0,
    count: Count = False,  # noqa: FBT002 — OData's
    orderby: OrderBy = None,
    skiptoken: SkipToken = None,
) -> OptionsByTime:
    _refuse_others(request, (*_OPTIONS, "$orderby", "$skiptoken"))
    if skip > MOST_SKIPPED:
        remedy = "Dem @iot.nextLink der Antworten folgen oder vom anderen Ende her lesen ($orderby)."
        raise Invalid(
            "So viele Observations lassen sich nicht überspringen.",
            errors=[Fault("?$skip", f"ist größer als {MOST_SKIPPED}", remedy)],
            kind="skip-too-far",
            status=400,
        )
    wanted = None if orderby is None else " ".join(orderby.split())
    if wanted is not None and wanted not in _ORDERS:
        raise NotImplementedYet(f"Noch nicht unterstützt: $orderby={wanted[:200]}. Es gibt phenomenonTime.")
    behind = None if skiptoken is None else _behind(skiptoken)
    return OptionsByTime(min(top, LONGEST_PAGE), skip, count, wanted, behind)


def _behind(token: str) -> Behind:
    time, _, last = token.partition("_")
    try:
        return Behind(datetime.fromisoformat(time).astimezone(UTC), parse_id(last, "?$skiptoken"))
    except (ValueError, OverflowError, Invalid):
        raise Invalid(
            "Das ist kein Link, der von hier stammt.",
            errors=[Fault("?$skiptoken", "ist unlesbar", "Den @iot.nextLink unverändert verwenden.")],
            status=400,
        ) from None


def _refuse_others(request: Request, known: tuple[str, ...]) -> None:
    unknown = sorted(
        option for option in request.query_params if option.startswith("$") and option not in known
    )
    if unknown:
        raise NotImplementedYet(
            f"Noch nicht unterstützt: {', '.join(unknown)[:200]}. Es gibt {', '.join(sorted(known))}."
        )


Wanted = Annotated[Options, Depends(_plain)]
WantedByTime = Annotated[OptionsByTime, Depends(_ordered)]


def key_of(text: str, what: str) -> str:
    """The id in `Things('0192…')`: a string, so it stands in quotes. NotFound for what can be none."""
    quoted = _QUOTED.fullmatch(text)
    try:
        return parse_id(quoted[1] if quoted else text, "/@iot.id")
    except Invalid:
        raise NotFound(f"{what} gibt es nicht.") from None
