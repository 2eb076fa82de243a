# SPDX-License-Identifier: EUPL-1.2
"""The query of an address, as text for text as OData has it; and answers as JSON."""

import json
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request
from starlette.responses import PlainTextResponse, Response

from mash_sensors.api.sta.shown import Shown
from mash_sensors.model.odata.found import Item, Items
from mash_sensors.model.odata.options import OPTIONS, parse_query
from mash_sensors.model.odata.syntax import Query as Asked
from mash_sensors.model.odata.syntax import missing, wrong
from mash_sensors.service.entities import Arrays, Found, Piece, Ref

_FORMATS: Final = ("$resultFormat", "resultFormat")


def _option(name: str, description: str) -> Any:
    return Query(alias=name, description=description)


Text = str | None


async def _asked(
    request: Request,
    _filter: Annotated[Text, _option("$filter", "18-088, 9.3.3.5")] = None,
    _orderby: Annotated[Text, _option("$orderby", "expressions, each `asc` or `desc`")] = None,
    _select: Annotated[Text, _option("$select", "names of properties and links")] = None,
    _expand: Annotated[Text, _option("$expand", "links, each with options in brackets")] = None,
    _top: Annotated[Text, _option("$top", "100 by itself, at most 1000 at once")] = None,
    _skip: Annotated[Text, _option("$skip", "how many to leave out")] = None,
    _count: Annotated[Text, _option("$count", "`true`: say how many there are")] = None,
    _skiptoken: Annotated[Text, _option("$skiptoken", "as `@iot.nextLink` has it")] = None,
    _format: Annotated[Text, _option("$resultFormat", "`dataArray`: Observations as rows")] = None,
) -> tuple[Asked, bool]:
    """The parameters are named for the description only: what counts is which stand there, how often."""
    options = [
        (name, text)
        for name, text in request.query_params.multi_items()
        if name.startswith("$") and name not in _FORMATS
    ]
    return parse_query(options), _wants_arrays(request)


def _wants_arrays(request: Request) -> bool:
    for name in _FORMATS:
        text = request.query_params.get(name)
        if text is not None:
            if text != "dataArray":
                raise missing("$resultFormat", f"$resultFormat={text[:60]}", "Es gibt dataArray.")
            return True
    return False


Wanted = Annotated[tuple[Asked, bool], Depends(_asked)]


async def _none(request: Request) -> None:
    """Where no options belong."""
    for name in request.query_params:
        if name.startswith("$"):
            raise wrong(name[:100], "passt nicht zu dieser Anfrage", f"Nur Lesen kennt {', '.join(OPTIONS)}.")


NoOptions = Annotated[None, Depends(_none)]


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), status, headers, media_type="application/json")


def answer_of(found: Found, show: Shown, link: str) -> Response:  # noqa: PLR0911 — one for each kind
    """`link`: the address that was asked, without options."""
    match found:
        case None:
            return Response(status_code=204)
        case Item():
            return answer(show.item(found))
        case Items():
            return answer(show.items(found, link))
        case Arrays(of):
            return answer(show.arrays(of, link))
        case Ref(Item() as of):
            return answer(show.ref(of))
        case Ref(Items() as of):
            return answer(show.refs(of, link))
        case Piece(name, value, bare=False):
            return answer({name: value})
        case Piece(_, value, _):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            return PlainTextResponse(text)
    raise TypeError(found)
