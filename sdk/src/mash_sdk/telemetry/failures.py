# SPDX-License-Identifier: EUPL-1.2
"""What may be said of an exception: its type and where it arose. Its message may quote what was sent."""

import asyncio
import traceback
from types import TracebackType

from opentelemetry.trace import Span, Status, StatusCode

from mash_sdk.problems import Problem

_FRAMES = 15
_INNERMOST = 5
SERVER_FAULT = 500


def kind_of(error: BaseException) -> str:
    """A problem's kind, or the exception's class with its module."""
    if isinstance(error, Problem):
        return error.kind
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    cls = type(error)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def frames_of(trace: TracebackType | None) -> list[str]:
    """The frames that matter, outermost first, as `file:line function`; no source lines, no values.

    Libraries nest deep: our own frames are kept before theirs.
    """
    found = [(frame.f_code, line) for frame, line in traceback.walk_tb(trace)]
    ours = [n for n, (code, _) in enumerate(found) if "site-packages" not in code.co_filename]
    kept = sorted({*ours[-_FRAMES:], *range(max(0, len(found) - _INNERMOST), len(found))})
    return [f"{code.co_filename}:{line} {code.co_name}" for code, line in (found[n] for n in kept)]


def is_fault(error: BaseException) -> bool:
    """Whether we failed; a refusal (a problem under 500) or a cancellation is no fault of ours."""
    if isinstance(error, Problem):
        return error.status >= SERVER_FAULT
    return isinstance(error, Exception)


def note(span: Span, error: BaseException) -> None:
    """Put the exception on the span."""
    if not span.is_recording():
        return
    kind = kind_of(error)
    span.set_attribute("error.type", kind)
    if is_fault(error):
        stack = "\n".join(frames_of(error.__traceback__))
        span.add_event("exception", {"exception.type": kind, "exception.stacktrace": stack})
        span.set_status(Status(StatusCode.ERROR, kind))
