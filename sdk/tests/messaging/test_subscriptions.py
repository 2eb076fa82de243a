# SPDX-License-Identifier: EUPL-1.2
"""A wrong line in the table fails when the Program is built, and says what is wrong."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from mash.forms.v1.events_pb2 import ApplicationDecided, ApplicationSubmitted
from mash.forms.v1.forms_pb2 import GetApplicantResponse
from mash_sdk.database import Unit
from mash_sdk.events import NotAnEvent
from mash_sdk.kafka import EventContext, HandlerError, Limit, Retry, Subscriptions
from mash_sdk.manifest import Manifest
from mash_sdk.provide import Provide


class Books:
    """Something a service provides."""


Provided = Annotated[Books, Provide(Books)]


async def fits(event: ApplicationSubmitted, unit: Unit, books: Provided, context: EventContext) -> None: ...
async def asks(event: ApplicationSubmitted, books: Provided) -> int:
    return 1


async def takes_answer(event: ApplicationSubmitted, answer: int, unit: Unit) -> None: ...
async def takes_another(event: ApplicationSubmitted, answer: str, unit: Unit) -> None: ...
async def takes_none(event: ApplicationSubmitted) -> None: ...
async def another_event(event: ApplicationDecided, unit: Unit) -> None: ...
async def without_annotation(event: ApplicationSubmitted, unit) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001
async def with_stars(event: ApplicationSubmitted, *rest: Any) -> None: ...
async def asks_in_a_unit(event: ApplicationSubmitted, unit: Unit) -> int:
    return 1


def is_no_coroutine(event: ApplicationSubmitted) -> None: ...


@pytest.mark.parametrize(
    ("handler", "ask", "says"),
    [
        (another_event, None, "first parameter must be annotated mash.forms.v1.ApplicationSubmitted"),
        (without_annotation, None, "unit has no annotation"),
        (with_stars, None, "must be plain"),
        (is_no_coroutine, None, "must be `async def`"),
        (takes_none, asks, "second parameter must take the answer"),
        (takes_another, asks, "answer takes str, but asks answers int"),
        (takes_answer, asks_in_a_unit, "before the unit is opened"),
    ],
)
def test_a_signature_that_cannot_be_served_is_refused(
    handler: Callable[..., Any], ask: Callable[..., Any] | None, says: str
) -> None:
    with pytest.raises(HandlerError, match=says) as refused:
        Subscriptions("payments").on(ApplicationSubmitted, ask=ask)(handler)
    assert "test_subscriptions." in str(refused.value), "the text names the function"


def test_what_app_py_does_not_provide_is_named() -> None:
    table = Subscriptions("payments")
    table.on(ApplicationSubmitted)(fits)

    with pytest.raises(HandlerError, match=r"fits: books asks for Books, which Program\.provides lacks"):
        table.bind({})
    assert table.bind({Books: Books()}).topics == ("mash.forms.events.v1",)


def test_an_event_has_one_handler_and_is_an_event() -> None:
    table = Subscriptions("payments")
    table.on(ApplicationSubmitted)(fits)
    with pytest.raises(HandlerError, match="already has the handler fits"):
        table.on(ApplicationSubmitted)(takes_none)
    with pytest.raises(NotAnEvent):
        table.on(GetApplicantResponse)(fits)


def test_the_manifest_and_the_table_must_agree() -> None:
    table = Subscriptions("payments")
    table.on(ApplicationSubmitted)(fits)
    about: dict[str, Any] = {"name": "payments", "title": "…", "version": "1.0.0", "sdk": ">=0"}
    true = Manifest(**about, listens=("mash.forms.v1.ApplicationSubmitted",), announces=())
    assert table.faults(true) == []

    false = Manifest(
        **about | {"name": "notify"},
        listens=("mash.forms.v1.ApplicationDecided",),
        announces=("mash.forms.v1.DocumentIssued", "mash.notify.v1.Nothing"),
    )
    assert table.faults(false) == [
        "the group is 'payments', but module.toml names 'notify'",
        "listens lacks mash.forms.v1.ApplicationSubmitted, which events.py handles",
        "listens names mash.forms.v1.ApplicationDecided, which events.py does not handle",
        "announces names mash.notify.v1.Nothing, which the contract lacks",
        "announces names mash.forms.v1.DocumentIssued, a fact of another service",
    ]


def test_pauses_grow_up_to_a_longest_and_end() -> None:
    retry = Retry(times=5, first=2, factor=3, longest=30)
    assert [retry.pause(attempts) for attempts in range(1, 7)] == [2, 6, 18, 30, 30, None]
    assert Retry(times=10**6).pause(10**5) == 1800
    for wrong in ({"times": -1}, {"first": 0}, {"factor": 0.5}, {"longest": 0.1}):
        with pytest.raises(ValueError, match="times ≥ 0"):
            Retry(**wrong)
    with pytest.raises(ValueError, match="at least 1"):
        Limit(0)
