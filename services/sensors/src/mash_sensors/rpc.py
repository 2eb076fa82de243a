# SPDX-License-Identifier: EUPL-1.2
"""Way in: gRPC. What notify asks of warnings, and modules of datastreams."""

import json
from typing import Any

import mash_sdk.rpc as calls
from mash.sensors.v1.alerts_pb2 import (
    GetAlertRequest,
    GetAlertResponse,
    ListSubjectsRequest,
    ListSubjectsResponse,
    Place,
    Subject,
)
from mash.sensors.v1.alerts_pb2_grpc import AlertServiceServicer
from mash.sensors.v1.datastreams_pb2 import Datastream, ListDatastreamsRequest, ListDatastreamsResponse
from mash.sensors.v1.datastreams_pb2_grpc import DatastreamServiceServicer
from mash_sdk import journey
from mash_sdk.ids import parse_id
from mash_sensors.model.catalogue import Source
from mash_sensors.model.units import shown
from mash_sensors.service.alerts import AlertService
from mash_sensors.service.sources import SourceService


class AlertRpc(AlertServiceServicer):
    def __init__(self, alerts: AlertService) -> None:
        self._alerts = alerts

    async def ListSubjects(self, _request: ListSubjectsRequest, _context: Any) -> ListSubjectsResponse:  # noqa: N802
        return ListSubjectsResponse(
            subjects=[
                Subject(
                    rule=subject.rule.name,
                    title=subject.rule.title,
                    text=subject.rule.text,
                    places=[Place(thing_id=place.thing_id, name=place.name) for place in subject.places],
                )
                for subject in await self._alerts.subjects(calls.unit())
            ]
        )

    async def GetAlert(self, request: GetAlertRequest, _context: Any) -> GetAlertResponse:  # noqa: N802
        alert_id = parse_id(request.alert_id, "/alert_id")
        journey.join(alert_id)
        alert, place = await self._alerts.get(alert_id, calls.unit())
        last = alert.resolved_by
        answer = GetAlertResponse(
            alert_id=alert.id,
            rule=alert.rule,
            title=alert.title,
            text=alert.text,
            resolved_text=alert.resolved_text,
            thing_id=alert.thing_id,
            place=place,
            reading=shown(alert.opened_by.value, alert.unit),
            path=f"/sensors/{alert.thing_id}",
            last_reading="" if last is None else shown(last.value, alert.unit),
        )
        answer.observed_at.FromDatetime(alert.opened_by.observed_at)
        if alert.resolved_at is not None:
            answer.resolved_at.FromDatetime(alert.resolved_at)
        return answer


class DatastreamRpc(DatastreamServiceServicer):
    def __init__(self, sources: SourceService) -> None:
        self._sources = sources

    async def ListDatastreams(  # noqa: N802
        self, request: ListDatastreamsRequest, _context: Any
    ) -> ListDatastreamsResponse:
        after = parse_id(request.after, "/after") if request.after else None
        page = await self._sources.listed(request.observes, after, request.limit, calls.unit())
        return ListDatastreamsResponse(
            datastreams=[_datastream(source) for source in page.sources], next=page.after or ""
        )


def _datastream(source: Source) -> Datastream:
    point = {"type": "Point", "coordinates": source.location}
    told = Datastream(
        id=source.id,
        thing_id=source.thing_id,
        place=source.place,
        location="" if source.location is None else json.dumps(point),
        observes=source.observes,
        unit=source.unit or "",
        demo=source.demo,
    )
    told.valid_for.FromTimedelta(source.valid_for)
    return told
