# SPDX-License-Identifier: EUPL-1.2
"""Log lines: JSON, with the way to their trace, without what exceptions quote."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from mash_sdk import journey
from mash_sdk.logs import JsonLines, configure_logging
from mash_sdk.problems import NotFound
from mash_sdk.telemetry import Telemetry, trace_id


@pytest.fixture
def lines() -> Iterator[Any]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines("mash"))
    log = logging.getLogger("mash.test.logs")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    log.removeHandler(handler)


def test_a_line_leads_to_its_trace(lines: Any) -> None:
    with Telemetry("forms").door("door"):
        journey.join("j-1")
        logging.getLogger("mash.test.logs").info(
            "parked %s", "it", extra={"mash.event.type": "x.Y", "mash.email": "e@example.org"}
        )
        expected = trace_id()
    [line] = lines()
    assert {
        "service": "forms",
        "level": "INFO",
        "message": "parked it",
        "journey": "j-1",
    }.items() <= line.items()
    assert line["trace_id"] == expected
    assert line["mash.event.type"] == "x.Y"
    assert "example.org" not in str(line)


def test_outside_of_a_program_the_process_speaks(lines: Any) -> None:
    logging.getLogger("mash.test.logs").warning("hello")
    [line] = lines()
    assert line["service"] == "mash"
    assert "trace_id" not in line


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("Erika"), None),
        (TypeError("no such argument"), "no such argument"),
        (NotFound("Nichts da."), "Nichts da."),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
    ],
)
def test_of_an_exception_it_says_type_place_and_cause(
    lines: Any, error: Exception, message: str | None
) -> None:
    try:
        try:
            raise KeyError("Erika")
        except KeyError as cause:
            raise error from cause
    except type(error):
        logging.getLogger("mash.test.logs").exception("failed")
    [line] = lines()
    told = line["exception"]
    assert told.get("message") == message
    assert told["cause"] == "KeyError"
    assert "test_logs.py" in told["frames"][0]
    assert "Erika" not in str(line)


def test_configured_logging_takes_over_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    level = root.level
    stream = io.StringIO()
    try:
        configure_logging("forms", stream=stream)
        logging.getLogger("anything").info("hi")
    finally:
        root.setLevel(level)
        logging.captureWarnings(capture=False)
    assert json.loads(stream.getvalue())["service"] == "forms"
