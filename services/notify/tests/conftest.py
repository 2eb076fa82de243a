# SPDX-License-Identifier: EUPL-1.2
"""What notify's tests stand on: its bench, the real mail sink, a gRPC door in place of forms, the sender."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from google.protobuf.message import Message as Event
from google.protobuf.timestamp_pb2 import Timestamp

from mash.forms.v1.events_pb2 import (
    ApplicationReceived,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    DocumentIssued,
)
from mash.forms.v1.forms_pb2 import (
    CosignatureParty,
    GetApplicantRequest,
    GetApplicantResponse,
    GetCosignatureRequest,
    GetCosignatureResponse,
    GetNoticeRequest,
    GetNoticeResponse,
)
from mash.forms.v1.forms_pb2_grpc import (
    ApplicationServiceServicer,
    add_ApplicationServiceServicer_to_server,
)
from mash.sensors.v1.alerts_pb2 import (
    GetAlertRequest,
    GetAlertResponse,
    ListSubjectsRequest,
    ListSubjectsResponse,
    Place,
    Subject,
)
from mash.sensors.v1.alerts_pb2_grpc import AlertServiceServicer, add_AlertServiceServicer_to_server
from mash_notify.service.sender import Sender
from mash_sdk.running import Running
from mash_sdk.testing import Bench
from mash_tools.mail.mailbox import Mailbox, Received
from mash_tools.mail.receiver import Answer, Receiver, listen

NOON = Timestamp()
NOON.FromDatetime(datetime(2026, 3, 2, 12, tzinfo=UTC))
ANNA = "5d1a3c1e-0000-4000-8000-00000000a22a"


@dataclass
class Sink:
    """The mail sink, in this process."""

    port: int
    mailbox: Mailbox
    receiver: Receiver

    def next(self, *answers: Answer) -> None:
        self.receiver.coming.extend(answers)

    def received(self) -> list[Received]:
        return self.mailbox.newest(100)


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[Sink]:
    mailbox = Mailbox(tmp_path / "mail")
    receiver = Receiver(mailbox)
    async with await listen(receiver, "127.0.0.1", 0) as server:
        yield Sink(server.sockets[0].getsockname()[1], mailbox, receiver)


@dataclass
class Forms(ApplicationServiceServicer):
    """Answers as forms does, and remembers what was asked, of whom, and why."""

    email: str = "anna@example.org"
    language: str = "de"
    address: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def GetApplicant(self, request: GetApplicantRequest, context: Any) -> GetApplicantResponse:  # noqa: N802
        self._note("GetApplicant", request.application_id, context)
        return GetApplicantResponse(
            applicant_id=ANNA, name="Anna Beispiel", email=self.email, language=self.language
        )

    async def GetNotice(self, request: GetNoticeRequest, context: Any) -> GetNoticeResponse:  # noqa: N802
        self._note("GetNotice", request.application_id, context)
        return GetNoticeResponse(
            application_id=request.application_id,
            service_title="Bewohnerparkausweis",
            reference="HD-7K2M-9QXC",
            path=f"/account/applications/{request.application_id}",
            office="Bürgeramt",
        )

    async def GetCosignature(  # noqa: N802
        self, request: GetCosignatureRequest, context: Any
    ) -> GetCosignatureResponse:
        self._note("GetCosignature", request.request_id, context)
        anna = CosignatureParty(
            about_id="a1",
            subject_id=ANNA,
            name="Anna",
            email=self.email,
            language="de",
            path="/apply/x/a1/review",
        )
        bert = CosignatureParty(
            about_id="r1", subject_id="bert", name="Bert", language="de", path="/cosign/r1"
        )
        return GetCosignatureResponse(
            service_title="Nebenwohnsitz anmelden", office="Bürgeramt", parties=[anna, bert]
        )

    def _note(self, method: str, application_id: str, context: Any) -> None:
        self.asked.append((method, application_id, dict(context.invocation_metadata())["mash-purpose"]))


@dataclass
class Sensors(AlertServiceServicer):
    """Answers as sensors does: one rule, at two places."""

    address: str = ""
    places: dict[str, str] = field(default_factory=lambda: {"t1": "Alte Brücke", "t2": "Neue Brücke"})
    away: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def ListSubjects(self, _request: ListSubjectsRequest, context: Any) -> ListSubjectsResponse:  # noqa: N802
        self.asked.append(("ListSubjects", dict(context.invocation_metadata())["mash-purpose"]))
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE)
        places = [Place(thing_id=thing_id, name=name) for thing_id, name in self.places.items()]
        subject = Subject(rule="frost", title="Frost", text="Es ist glatt.", places=places)
        return ListSubjectsResponse(subjects=[subject] if places else [])

    async def GetAlert(self, request: GetAlertRequest, context: Any) -> GetAlertResponse:  # noqa: N802
        self.asked.append(("GetAlert", dict(context.invocation_metadata())["mash-purpose"]))
        return GetAlertResponse(
            alert_id=request.alert_id,
            rule="frost",
            title="Frost",
            text="Es ist glatt.",
            resolved_text="Es ist vorbei.",
            thing_id="t1",
            place="Alte Brücke",
            reading="−0,5\u00a0°C",
            last_reading="1\u00a0°C",
            path="/sensors/t1",
        )


@pytest.fixture
async def peers() -> AsyncIterator[tuple[Forms, Sensors]]:
    """The services that are asked, at one address."""
    server = grpc.aio.server()
    forms, sensors = Forms(), Sensors()
    add_ApplicationServiceServicer_to_server(forms, server)
    add_AlertServiceServicer_to_server(sensors, server)
    forms.address = sensors.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield forms, sensors
    await server.stop(0)


@pytest.fixture
def forms(peers: tuple[Forms, Sensors]) -> Forms:
    return peers[0]


@pytest.fixture
def sensors(peers: tuple[Forms, Sensors]) -> Sensors:
    return peers[1]


@pytest.fixture
def environment(sink: Sink, peers: tuple[Forms, Sensors]) -> dict[str, Any]:
    """What notify reads from its environment."""
    return {
        "forms_grpc": peers[0].address,
        "sensors_grpc": peers[1].address,
        "unsubscribe_key": "k" * 32,
        "smtp": f"127.0.0.1:{sink.port}",
        "smtp_seconds": 5,
    }


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], environment: dict[str, Any]) -> Bench:
    return await bench_of("mash_notify", **environment)


@pytest.fixture
def happened() -> Callable[[str, str], Event]:
    """Facts of forms about an application: `happened("received", "a1")`."""

    def make(what: str, application: str) -> Event:
        if what == "submitted":
            return ApplicationSubmitted(
                application_id=application,
                form="bewohnerparkausweis",
                form_version="1",
                applicant_id=ANNA,
                reference="HD-7K2M-9QXC",
                submitted_at=NOON,
            )
        if what == "received":
            return ApplicationReceived(application_id=application, applicant_id=ANNA, received_at=NOON)
        if what == "withdrawn":
            return ApplicationWithdrawn(application_id=application, applicant_id=ANNA, withdrawn_at=NOON)
        return DocumentIssued(
            application_id=application, applicant_id=ANNA, document_id="d1", kind="permit", issued_at=NOON
        )

    return make


@pytest.fixture
def sending() -> Callable[..., AbstractAsyncContextManager[asyncio.Task[None]]]:
    """`async with sending(bench):` the sender is at work as in a process; `sender` may be another one."""

    @asynccontextmanager
    async def at_work(bench: Bench, sender: Sender | None = None) -> AsyncIterator[asyncio.Task[None]]:
        running = Running(bench.program, bench.broker, asyncio.Event())
        run = sender.run if sender is not None else bench.program.runs[0]

        async def work() -> None:
            with bench.program.telemetry.active():
                await run(running)

        task = asyncio.create_task(work())
        try:
            yield task
        finally:
            running.stop.set()
            await task

    return at_work


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Awaitable[None]]:
    """Waits until something holds; 15 s at most."""

    async def wait(holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(15):
            while True:
                found = holds()
                if await found if asyncio.iscoroutine(found) else found:
                    return
                await asyncio.sleep(0.01)

    return wait
