# SPDX-License-Identifier: EUPL-1.2
"""OData's system query options, as far as they are supported, and how a list of entities goes on."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from mash_sdk.ids import parse_id
from mash_sdk.problems import Invalid, NotFound, NotImplementedYet
from mash_sensors.service.reading import Listing, Order, Piece

PAGE, LONGEST_PAGE = 100, 1000

_OPTIONS: Final = ("$count", "$skip", "$top")
_ORDERS: Final[dict[str, Order]] = {
    "phenomenonTime": "asc",
    "phenomenonTime asc": "asc",
    "phenomenonTime desc": "desc",
}
_QUOTED: Final = re.compile(r"'([^']*)'")

Top = Annotated[int, Query(alias="$top", ge=0, description=f"at most {LONGEST_PAGE} at once")]
Skip = Annotated[int, Query(alias="$skip", ge=0, le=2**31)]
Count = Annotated[bool, Query(alias="$count", description="true: say how many there are")]
OrderBy = Annotated[str | None, Query(alias="$orderby", description=" or ".join(sorted(_ORDERS)))]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a request, and what they come to."""

    top: int
    skip: int
    counted: bool
    orderby: str | None = None

    @property
    def piece(self) -> Piece:
        order = _ORDERS[self.orderby] if self.orderby is not None else "id"
        return Piece(self.skip, self.top, self.counted, order)

    def next(self, listing: Listing[Any], url: str) -> str | None:
        """The link to what follows; None at the end."""
        if not listing.more or not self.top:
            return None
        options: dict[str, str | int] = {"$top": self.top, "$skip": self.skip + self.top}
        if self.counted:
            options["$count"] = "true"
        if self.orderby is not None:
            options["$orderby"] = self.orderby
        return f"{url}?{urlencode(options, safe='$')}"


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
) -> Options:
    _refuse_others(request, (*_OPTIONS, "$orderby"))
    wanted = None if orderby is None else " ".join(orderby.split())
    if wanted is not None and wanted not in _ORDERS:
        raise NotImplementedYet(f"Noch nicht unterstützt: $orderby={wanted[:200]}. Es gibt phenomenonTime.")
    return Options(min(top, LONGEST_PAGE), skip, count, wanted)


def _refuse_others(request: Request, known: tuple[str, ...]) -> None:
    unknown = sorted(
        option for option in request.query_params if option.startswith("$") and option not in known
    )
    if unknown:
        raise NotImplementedYet(
            f"Noch nicht unterstützt: {', '.join(unknown)[:200]}. Es gibt {', '.join(sorted(known))}."
        )


Wanted = Annotated[Options, Depends(_plain)]
WantedByTime = Annotated[Options, Depends(_ordered)]


def key_of(text: str, what: str) -> str:
    """The id in `Things('0192…')`: a string, so it stands in quotes. NotFound for what can be none."""
    quoted = _QUOTED.fullmatch(text)
    try:
        return parse_id(quoted[1] if quoted else text, "/@iot.id")
    except Invalid:
        raise NotFound(f"{what} gibt es nicht.") from None
