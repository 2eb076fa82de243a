# SPDX-License-Identifier: EUPL-1.2
"""Logs as JSON lines that lead to their trace.

A message is a constant text with arguments that hold no personal data. What goes with it is passed as
`extra={"mash.event.type": …}`: only attributes a signals.py declares are written.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from mash_sdk import journey
from mash_sdk.problems import Problem
from mash_sdk.telemetry.current import current
from mash_sdk.telemetry.failures import frames_of, kind_of
from mash_sdk.telemetry.propagation import span_id, trace_id

# Mistakes in code: their messages speak of names and types, not of what was sent.
_PLAIN = (AttributeError, ImportError, NameError, NotImplementedError, TypeError)
_CHATTY = ("aiokafka", "asyncio", "grpc", "httpcore", "httpx", "sqlalchemy", "uvicorn.access")


class JsonLines(logging.Formatter):
    """One JSON object a line. Of an exception it says type and frames: a message may quote what was sent."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        telemetry = current()
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": telemetry.name if telemetry else self._service,
            "logger": record.name,
            "message": record.getMessage(),
            "trace_id": trace_id(),
            "span_id": span_id(),
            "journey": journey.current(),
        }
        if telemetry is not None:
            line |= {name: value for name, value in vars(record).items() if name in telemetry.attributes}
        if record.exc_info and record.exc_info[1]:
            line["exception"] = _described(record.exc_info[1])
        return json.dumps({name: value for name, value in line.items() if value is not None}, default=str)


def _described(error: BaseException) -> dict[str, object]:
    described: dict[str, object] = {"type": kind_of(error), "frames": frames_of(error.__traceback__)}
    if isinstance(error, (*_PLAIN, Problem)):
        described["message"] = str(error)
    elif isinstance(error, OSError) and error.strerror:
        described["message"] = error.strerror
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        described["cause"] = kind_of(cause)
    return described


def configure_logging(service: str = "mash", level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Make this process log JSON lines to `stream` (standard error). Called once, by the process's main."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
