# SPDX-License-Identifier: EUPL-1.2
"""The street network with what holds of it, as GeoJSON."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel, Field

from mash_sdk.http import Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_winter.model.evidence import Hazard, Level
from mash_winter.model.network import Kind
from mash_winter.service.streets import Street, Streets, StreetService

router = Router(prefix="/api/winter/v1", tags=["winter"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[StreetService, Provide(StreetService)]


class Line(BaseModel):
    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]]


class About(BaseModel):
    name: str
    kind: Kind
    start: str = Field(description="the junction it begins at")
    end: str
    priority: int = Field(description="1 is gritted first")
    oneway: bool = Field(description="driven only from start to end")
    length: float = Field(description="metres")
    level: Level = Field(description="`unknown`: no live readings speak for it")
    hazard: Hazard | None
    reason: str = Field(description="German sentences")
    decided_at: datetime | None
    valid_until: datetime | None = Field(description="until then the readings behind it are live")


class SegmentFeature(BaseModel):
    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Line
    properties: About

    @classmethod
    def of(cls, street: Street) -> "SegmentFeature":
        segment, state = street.segment, street.state
        return cls(
            id=segment.id,
            geometry=Line(coordinates=list(segment.line)),
            properties=About(
                name=segment.name,
                kind=segment.kind,
                start=segment.start,
                end=segment.end,
                priority=segment.priority,
                oneway=segment.oneway,
                length=round(segment.length, 1),
                level=street.level,
                hazard=state.hazard if street.level is not Level.UNKNOWN else None,
                reason=state.reason,
                decided_at=state.decided_at,
                valid_until=state.valid_until,
            ),
        )


class SegmentCollection(BaseModel):
    """A FeatureCollection (RFC 7946). `demo`: it is made up."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    version: str
    demo: bool
    features: list[SegmentFeature]

    @classmethod
    def of(cls, found: Streets) -> "SegmentCollection":
        features = [SegmentFeature.of(street) for street in found.streets]
        return cls(version=found.network.version, demo=found.network.demo, features=features)


@router.get("/segments")
async def list_segments(_who: Anyone, unit: InUnit, use: Use) -> SegmentCollection:
    """The segments of the street network: where they lie, and whether they are slippery."""
    return SegmentCollection.of(await use.streets(unit))
