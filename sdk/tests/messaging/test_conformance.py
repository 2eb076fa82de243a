# SPDX-License-Identifier: EUPL-1.2
"""The suite that modules run passes for what fits and fails for what does not."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import pytest
from fastapi import Depends
from google.protobuf.message import Message
from starlette.responses import PlainTextResponse, Response

from mash.forms.v1.events_pb2 import ApplicationDecided, ApplicationSubmitted
from mash.payments.v1.events_pb2 import PaymentSettled
from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_sdk import inbox
from mash_sdk.http import Allow, Router
from mash_sdk.identity import Principal
from mash_sdk.manifest import ManifestError
from mash_sdk.running import running
from mash_sdk.testing import Bench, ModuleConformance
from mash_sdk.testing.walks import Walks

router = Router(prefix="/api/probe/v1")


@router.get("/own/{id}")
async def own(id: str, who: Annotated[Principal, Depends(Allow("citizen"))]) -> dict[str, str]:  # noqa: A002
    """One's own."""
    return {"id": id, "of": who.subject}


@router.post("/desk")
async def desk(who: Annotated[Principal, Depends(Allow("clerk"))]) -> None:
    """For clerks."""


@router.get("/open")
async def open_to_all(who: Annotated[Principal, Depends(Allow.anyone())]) -> dict[str, str]:
    """For everyone."""
    return {"tenant": who.tenant}


class TestProbe(ModuleConformance):
    examples: ClassVar[Sequence[Message]] = (
        ApplicationSubmitted(application_id="a", form="1"),
        ApplicationDecided(application_id="a", applicant_id="s"),
        PaymentSettled(application_id="a", payment_id="p"),
    )

    readings: ClassVar[Sequence[Message]] = (ObservationBatch(source_id="s", message_id="1"),)

    @pytest.fixture
    async def bench(self, probe: Any) -> Bench:
        bench: Bench = probe.bench
        bench.program.http = [router]
        bench.program.outlets = []  # it stands in for sensors in other tests
        return bench


class Lax(Allow):
    """A guard that lets everyone pass, whatever it says."""

    async def __call__(self, request: Any) -> Any:
        return request.headers


def suite(*examples: Message) -> ModuleConformance:
    made = ModuleConformance()
    made.__class__ = type("Made", (ModuleConformance,), {"examples": examples})
    return made


async def test_a_route_that_lets_strangers_in_is_found(probe: Any) -> None:
    lax = Router(prefix="/api/probe/v1")

    @lax.get("/lax")
    async def answer(who: Annotated[Any, Depends(Lax("clerk"))]) -> Response:
        return PlainTextResponse("come in")

    probe.bench.program.http = [lax]
    for test in (
        suite().test_routes_refuse_those_without_a_token,
        suite().test_routes_refuse_those_without_the_role,
        suite().test_routes_refuse_tokens_of_another_tenant,
    ):
        with pytest.raises(pytest.fail.Exception, match="GET /api/probe/v1/lax does not refuse"):
            await test(probe.bench)


async def test_a_route_that_says_nothing_is_found(probe: Any) -> None:
    silent = Router(prefix="/api/probe/v1")

    @silent.get("/silent")
    async def answer(who: Annotated[Principal, Depends(Allow.anyone())]) -> None: ...

    probe.bench.program.http = [silent]
    with pytest.raises(AssertionError, match="GET /api/probe/v1/silent"):
        await suite().test_routes_say_what_they_do(probe.bench)


async def test_two_effects_of_one_event_are_found(probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def always(*_: object) -> bool:
        return True

    monkeypatch.setattr(inbox, "first_time", always)
    with pytest.raises(AssertionError, match="twice has two effects"):
        await suite(PaymentSettled(application_id="a")).test_same_event_twice_has_one_effect(probe.bench)


async def test_an_example_that_fails_or_is_missing_is_found(probe: Any) -> None:
    probe.script.always = ValueError()
    example = ApplicationSubmitted(application_id="a", form="1")
    with pytest.raises(AssertionError, match="fails"):
        await suite(example).test_same_event_twice_has_one_effect(probe.bench)
    with pytest.raises(AssertionError):
        await suite(example).test_every_event_listened_to_has_an_example(probe.bench)


async def test_two_effects_of_one_reading_are_found(probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    again = ObservationBatch(source_id="s", message_id="1")
    made = suite()
    type(made).readings = (again,)
    twice = iter(range(9))
    read = probe.bench.receive

    async def other(message: ObservationBatch, *, tenant: str) -> None:
        await read(ObservationBatch(source_id="s", message_id=f"{next(twice)}"), tenant=tenant)

    monkeypatch.setattr(probe.bench, "receive", other)
    with pytest.raises(AssertionError, match="two effects"):
        await made.test_same_reading_twice_has_one_effect(probe.bench)


async def test_what_a_module_reads_and_may_not_write(probe: Any) -> None:
    """A stream of another service is read if module.toml says so, and never written."""
    program = probe.bench.program
    assert program.stream_faults() == [
        "mash.sensors.v1.ObservationBatch is written, but its stream is that of sensors"
    ]
    with pytest.raises(ManifestError, match="is that of sensors"):
        async with running(program, only=["relay"], broker=probe.bench.broker):
            pytest.fail("it starts")
    program.outlets = []
    assert program.stream_faults() == []
    program.manifest = program.manifest.model_copy(update={"reads": ()})
    assert program.stream_faults() == ["reads lacks mash.sensors.v1.ObservationBatch, which the Program uses"]
    name = "mash.sensors.v1.ObservationBatch"
    program.manifest = program.manifest.model_copy(update={"streams": (name,)})
    assert program.stream_faults() == [
        f"streams names {name}; streams are its own, reads are other services'"
    ]
    program.manifest = program.manifest.model_copy(update={"streams": (), "reads": (name,)})
    program.streams = []
    assert program.stream_faults() == [f"reads names {name}, which the Program does not use"]


async def test_a_manifest_that_is_not_true_is_found(probe: Any) -> None:
    program = probe.bench.program
    program.manifest = program.manifest.model_copy(update={"listens": ()})
    with pytest.raises(AssertionError):
        await suite().test_the_manifest_is_true(probe.bench)


def test_only_the_walks_wait_for_certify() -> None:
    """A mark of a class is one of all that inherit from it: then nobody's suite would run."""
    marked = {
        name
        for name in dir(ModuleConformance)
        if name.startswith("test_")
        and any(one.name == "certify" for one in getattr(getattr(ModuleConformance, name), "pytestmark", ()))
    }
    every = {name for name in dir(ModuleConformance) if name.startswith("test_")}
    assert marked == {name for name in dir(Walks) if name.startswith("test_")}
    assert marked < every
    assert not hasattr(ModuleConformance, "pytestmark")
