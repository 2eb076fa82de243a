# SPDX-License-Identifier: EUPL-1.2
"""What is new and what people are warned of, for everyone: the newest readings, open alerts."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from mash_sdk.http import After, Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide
from mash_sensors.public import PAGE, AlertList, NewestList, alerts_of, newest_of
from mash_sensors.service.alerts import AlertService
from mash_sensors.service.newest import NewestService

router = Router(prefix="/api/sensors/v1", tags=["now"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Alerts = Annotated[AlertService, Provide(AlertService)]
Newest = Annotated[NewestService, Provide(NewestService)]
Limit = Annotated[int, Query(ge=1, le=PAGE, description="entries at most")]


@router.get("/newest", response_model=NewestList)
async def list_newest(
    request: Request, _who: Anyone, unit: InUnit, newest: Newest, limit: Limit = PAGE, after: After = None
) -> Response:
    """The newest reading of each datastream, and whether it may be shown as what is now."""
    behind = parse_id(after, "?after") if after is not None else None
    return newest_of(await newest.page(behind, limit, unit), unit.clock.now()).answer(request)


@router.get("/alerts", response_model=AlertList)
async def list_alerts(request: Request, _who: Anyone, unit: InUnit, alerts: Alerts) -> Response:
    """What is open now, the newest first."""
    return alerts_of(await alerts.open(unit), unit.clock.now()).answer(request)
