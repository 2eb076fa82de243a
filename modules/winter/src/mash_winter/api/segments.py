# SPDX-License-Identifier: EUPL-1.2
"""The street network, as GeoJSON."""

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel, Field

from mash_sdk.http import Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_winter.model.network import Kind, Network, Segment
from mash_winter.service.streets import StreetService

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


class SegmentFeature(BaseModel):
    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Line
    properties: About

    @classmethod
    def of(cls, segment: Segment) -> "SegmentFeature":
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
            ),
        )


class SegmentCollection(BaseModel):
    """A FeatureCollection (RFC 7946). `demo`: it is made up."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    version: str
    demo: bool
    features: list[SegmentFeature]

    @classmethod
    def of(cls, network: Network) -> "SegmentCollection":
        features = [SegmentFeature.of(segment) for segment in network.segments]
        return cls(version=network.version, demo=network.demo, features=features)


@router.get("/segments")
async def list_segments(_who: Anyone, unit: InUnit, use: Use) -> SegmentCollection:
    """The segments of the street network, with where they lie."""
    return SegmentCollection.of(await use.network(unit.tenant))
