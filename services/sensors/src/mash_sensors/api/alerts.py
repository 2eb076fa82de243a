# SPDX-License-Identifier: EUPL-1.2
"""Open alerts, for everyone."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from mash_sdk.http import Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_sensors.model.rule import Alert
from mash_sensors.service.alerts import AlertService

router = Router(prefix="/api/sensors/v1", tags=["alerts"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[AlertService, Provide(AlertService)]


class AlertView(BaseModel):
    """`value` is the reading that opened it, in `unit` (UCUM)."""

    id: str
    rule: str
    rule_version: str
    title: str
    text: str
    thing_id: str
    place: str
    datastream_id: str
    observation_id: str = Field(description="the reading that opened it")
    value: float
    unit: str
    observed_at: datetime
    opened_at: datetime

    @classmethod
    def of(cls, alert: Alert, place: str) -> "AlertView":
        return cls(
            id=alert.id,
            rule=alert.rule,
            rule_version=alert.rule_version,
            title=alert.title,
            text=alert.text,
            thing_id=alert.thing_id,
            place=place,
            datastream_id=alert.datastream_id,
            observation_id=alert.opened_by.observation_id,
            value=alert.opened_by.value,
            unit=alert.unit,
            observed_at=alert.opened_by.observed_at,
            opened_at=alert.opened_at,
        )


class AlertList(BaseModel):
    items: list[AlertView]


@router.get("/alerts")
async def list_alerts(_who: Anyone, unit: InUnit, alerts: Use) -> AlertList:
    """What is open now, the newest first."""
    return AlertList(items=[AlertView.of(alert, place) for alert, place in await alerts.open(unit)])
