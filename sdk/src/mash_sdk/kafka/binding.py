# SPDX-License-Identifier: EUPL-1.2
"""Handler parameters, found by annotation at build time: a wrong signature fails before anything runs."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from google.protobuf.message import Message

from mash_sdk.database import Unit


@dataclass(frozen=True, slots=True)
class EventContext:
    """What is known about an event besides its content."""

    tenant: str
    journey: str
    """Empty if the event belongs to none."""
    id: str
    """Unique per fact: a good idempotency key for what the handler starts."""
    time: datetime
    """When it was announced."""
    attempt: int = 1


class HandlerError(TypeError):
    """A handler or question whose signature cannot be served; the text names it and says why."""

    def __init__(self, function: Callable[..., Any], why: str) -> None:
        super().__init__(
            f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', function)}: {why}"
        )


@dataclass(frozen=True, slots=True)
class Binding:
    """A function with all but its leading arguments, its unit and its context already found."""

    function: Callable[..., Any]
    provided: Mapping[str, object]
    unit: str | None
    context: str | None

    @classmethod
    def of(cls, function: Callable[..., Any], leading: int, provides: Mapping[type, object]) -> "Binding":
        """Find what the parameters after the first `leading` ask for."""
        unit = context = None
        provided: dict[str, object] = {}
        for name, annotation in list(_parameters(function).items())[leading:]:
            wanted = _plain(annotation)
            if wanted is Unit:
                unit = name
            elif wanted is EventContext:
                context = name
            elif wanted in provides:
                provided[name] = provides[wanted]
            else:
                raise HandlerError(function, f"{name} asks for {_name(wanted)}, which Program.provides lacks")
        return cls(function, provided, unit, context)

    async def __call__(self, *leading: object, context: EventContext | None, unit: Unit | None = None) -> Any:
        named: dict[str, object] = dict(self.provided)
        if self.context is not None:
            named[self.context] = context
        if self.unit is not None:
            named[self.unit] = unit
        return await self.function(*leading, **named)


def check_handler(handler: Callable[..., Any], event: type[Message], ask: Callable[..., Any] | None) -> None:
    """Raise HandlerError unless `handler(event, [answer,] …)` fits."""
    parameters = _parameters(handler)
    _check_event(handler, parameters, event)
    if ask is not None:
        names = list(parameters)
        if len(names) < 2:  # noqa: PLR2004 — event and answer
            raise HandlerError(handler, "has an ask, so its second parameter must take the answer")
        promised = get_type_hints(ask, include_extras=True).get("return", Any)
        taken = parameters[names[1]]
        if Any not in (promised, taken) and promised != taken:
            raise HandlerError(
                handler, f"{names[1]} takes {_name(taken)}, but {ask.__qualname__} answers {_name(promised)}"
            )


def check_ask(ask: Callable[..., Any], event: type[Message]) -> None:
    """Raise HandlerError unless `ask(event, …)` fits and does without a unit."""
    parameters = _parameters(ask)
    _check_event(ask, parameters, event)
    if any(_plain(annotation) is Unit for annotation in parameters.values()):
        raise HandlerError(ask, "asks for a Unit, but a question is asked before the unit is opened")


def _check_event(function: Callable[..., Any], parameters: Mapping[str, Any], event: type[Message]) -> None:
    if not inspect.iscoroutinefunction(function):
        raise HandlerError(function, "must be `async def`")
    first = next(iter(parameters.values()), None)
    if first is not event:
        raise HandlerError(function, f"its first parameter must be annotated {event.DESCRIPTOR.full_name}")


def _parameters(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as err:
        raise HandlerError(function, f"its annotation {err.name!r} cannot be found at run time") from err
    found: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise HandlerError(function, f"{parameter.name}: parameters must be plain and named")
        if parameter.name not in hints:
            raise HandlerError(function, f"{parameter.name} has no annotation")
        found[parameter.name] = hints[parameter.name]
    return found


def _plain(annotation: Any) -> Any:
    """`T` of `Annotated[T, Provide(T)]`; what is provided is found by type, whichever marker names it."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _name(annotation: Any) -> str:
    return getattr(annotation, "__qualname__", None) or str(annotation)
