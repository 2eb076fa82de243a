# SPDX-License-Identifier: EUPL-1.2
"""A journey: what one application, uplink or order sets in motion, over days and traces, under one id."""

from opentelemetry import trace

from mash_sdk.telemetry.current import Door, current_door

ATTRIBUTE = "mash.journey.id"


def join(journey: str) -> None:
    """Say that what runs now belongs to `journey`.

    The running span, the door's span and all spans from now on carry it, the HTTP answer names it in
    `mash-journey`, and events announced from now on carry it in `ce_journey`.
    """
    door = current_door.get()
    if door is None:
        current_door.set(Door(journey=journey))
    else:
        door.journey = journey
        door.span.set_attribute(ATTRIBUTE, journey)
    trace.get_current_span().set_attribute(ATTRIBUTE, journey)


def current() -> str | None:
    """The journey that was joined; None before."""
    door = current_door.get()
    return door.journey if door is not None else None
