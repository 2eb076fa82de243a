# SPDX-License-Identifier: EUPL-1.2
"""`observed`: wrap a use-case object once, instead of every method by hand."""

import functools
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from mash_sdk.signals import USE_CASE_SECONDS
from mash_sdk.telemetry.failures import kind_of
from mash_sdk.telemetry.steps import record, step

S = TypeVar("S")


class _Observed:
    """Stands in for the wrapped object: public coroutines get a span and a timer, the rest passes through."""

    def __init__(self, inner: object, name: str) -> None:
        self.__dict__["_inner"] = inner
        self.__dict__["_name"] = name

    def __getattr__(self, attribute: str) -> Any:
        target = getattr(self._inner, attribute)
        if attribute.startswith("_") or not inspect.iscoroutinefunction(target):
            return target
        wrapped = _timed(target, f"{self._name}.{attribute}")
        self.__dict__[attribute] = wrapped
        return wrapped

    def __setattr__(self, attribute: str, value: object) -> None:
        raise AttributeError(f"{self._name} is observed: set {attribute!r} on the object itself")

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What it stands for, so that isinstance() holds."""
        return type(self.__dict__["_inner"])


def _timed(target: Callable[..., Awaitable[Any]], use_case: str) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(target)
    async def call(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        outcome = "ok"
        try:
            with step(use_case, attributes={"mash.use_case": use_case}):
                return await target(*args, **kwargs)
        except BaseException as error:
            outcome = kind_of(error)
            raise
        finally:
            taken = time.perf_counter() - began
            record(USE_CASE_SECONDS, taken, {"mash.use_case": use_case, "mash.outcome": outcome})

    return call


def observed(inner: S, name: str) -> S:
    """Give every public coroutine of `inner` a span `<name>.<method>`, a timer and an outcome."""
    return cast("S", _Observed(inner, name))
