# SPDX-License-Identifier: EUPL-1.2
"""The SMTP channel against the real mail sink: what is certain, and what is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mash_notify.gateways.senders import Sender
from mash_notify.gateways.smtp import SmtpChannel
from mash_notify.model import Letter
from mash_notify.service.sender import Mail, NoAnswer, NotNow, Refused
from mash_notify.settings import Settings

MAIL = Mail(
    id="0197a000-0000-7000-8000-000000000001",
    tenant="heidelberg",
    name="Änna  Beispiel",
    email="anna@example.org",
    language="de",
    letter=Letter("Prüfung", "Grüße\n.\nEnde\n", "<p>Grüße</p>\n"),
    written_at=datetime(2026, 5, 4, 12, tzinfo=UTC),
)
SENDERS = {"heidelberg": Sender(address="noreply@heidelberg.example", name="Stadt Heidelberg")}


def channel(port: int, **more: Any) -> SmtpChannel:
    settings = Settings(
        postgres="postgresql://x",
        postgres_worker="postgresql://x",
        kafka="x:1",
        keycloak="http://x",
        client_key=Path("x"),
        cities=Path("x"),
        forms_grpc="x:1",
        sensors_grpc="x:1",
        unsubscribe_key="k" * 32,
        smtp=f"127.0.0.1:{port}",
        **more,
    )
    return SmtpChannel(settings, SENDERS)


@dataclass
class HandOver:
    """Counts, and looks that nothing had been sent before."""

    sink: Any
    count: int = 0

    async def __call__(self) -> None:
        assert self.sink.received() == []
        self.count += 1


@pytest.fixture
def handing_over(sink: Any) -> HandOver:
    return HandOver(sink)


async def test_a_message_arrives_whole(sink: Any, handing_over: HandOver) -> None:
    await channel(sink.port).send(MAIL, handing_over)
    [mail] = sink.received()
    assert handing_over.count == 1
    assert (mail.sender, mail.recipients) == ("noreply@heidelberg.example", ["anna@example.org"])
    assert (mail.subject, mail.text, mail.html) == ("Prüfung", "Grüße\n.\nEnde\n", "<p>Grüße</p>\n")
    headers = dict(mail.headers)
    assert headers["Message-ID"] == f"<{MAIL.id}@heidelberg.example>"
    assert headers["From"] == "Stadt Heidelberg <noreply@heidelberg.example>"
    assert headers["To"] == "Änna Beispiel <anna@example.org>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Date"] == "Mon, 04 May 2026 12:00:00 +0000"


async def test_421_means_later_and_nothing_was_sent(sink: Any, handing_over: HandOver) -> None:
    sink.next("421")
    with pytest.raises(NotNow):
        await channel(sink.port).send(MAIL, handing_over)
    assert (handing_over.count, sink.received()) == (0, [])


async def test_550_means_never(sink: Any, handing_over: HandOver) -> None:
    sink.next("550")
    with pytest.raises(Refused):
        await channel(sink.port).send(MAIL, handing_over)
    assert (handing_over.count, sink.received()) == (0, [])


async def test_a_hang_up_after_the_words_leaves_it_open(sink: Any, handing_over: HandOver) -> None:
    sink.next("hangup-after-data")
    with pytest.raises(NoAnswer):
        await channel(sink.port).send(MAIL, handing_over)
    assert handing_over.count == 1
    assert len(sink.received()) == 1  # it did arrive, which the sender cannot know


async def test_nobody_listening_means_later(unused_tcp_port: int) -> None:
    with pytest.raises(NotNow):
        await channel(unused_tcp_port).send(MAIL, _never)


@pytest.mark.parametrize(
    "email",
    ["kein-klammeraffe", "a@b@c", "anna@example.org\r\nRCPT TO:<x@y>", "ä@example.org"],
)
async def test_an_address_that_is_none_is_refused(sink: Any, handing_over: HandOver, email: str) -> None:
    with pytest.raises(Refused):
        await channel(sink.port).send(replace(MAIL, email=email), handing_over)
    assert sink.received() == []


async def test_a_name_cannot_add_headers(sink: Any, handing_over: HandOver) -> None:
    await channel(sink.port).send(replace(MAIL, name="Anna\r\nBcc: x@example.org"), handing_over)
    [mail] = sink.received()
    assert "Bcc" not in dict(mail.headers)
    assert mail.recipients == ["anna@example.org"]


async def test_a_failure_while_noting_the_hand_over_sends_nothing(sink: Any) -> None:
    async def failing() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await channel(sink.port).send(MAIL, failing)
    await asyncio.sleep(0.05)
    assert sink.received() == []


@pytest.mark.parametrize(
    ("lines", "raised"),
    [
        ([], NotNow),  # hangs up before the greeting
        (["554 no service here"], NotNow),  # not about this message
        (["220 hi", "250 hi"], NotNow),  # hangs up at MAIL
        (["220 hi", "250 hi", "250 ok", "451 greylisted"], NotNow),
        (["220 hi", "250 hi", "550 sender blocked"], Refused),
        (["220 hi", "250 hi", "250 ok", "250 ok", "354 go", "451 busy"], NotNow),
        (["220 hi", "250 hi", "250 ok", "250 ok", "354 go", "554 spam"], Refused),
        (["220 hi", "250 hi", "250 ok", "250 ok", "354 go", "???"], NoAnswer),
        (["220 hi", "250 hi", "250 ok", "250 ok", "354 go"], NoAnswer),
    ],
)
async def test_each_way_a_server_can_let_us_down(lines: list[str], raised: type[Exception]) -> None:
    async with _server(lines) as port:
        with pytest.raises(raised):
            await channel(port).send(MAIL, _nothing)


@pytest.mark.parametrize(
    ("lines", "raised"),
    [(["220 hi"], NotNow), (["220 hi", "250 hi", "250 ok", "250 ok", "354 go"], NoAnswer)],
)
async def test_a_silent_server_is_not_waited_for_for_ever(lines: list[str], raised: type[Exception]) -> None:
    async with _server(lines, silent=True) as port:
        with pytest.raises(raised):
            await channel(port, smtp_seconds=0.3).send(MAIL, _nothing)


@asynccontextmanager
async def _server(lines: list[str], *, silent: bool = False) -> AsyncIterator[int]:
    """Says one line after another, whatever it is told; then hangs up, or says nothing more."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(asyncio.IncompleteReadError):
            for number, line in enumerate(lines):
                if number:
                    last = b"\r\n.\r\n" if lines[number - 1].startswith("354") else b"\r\n"
                    await reader.readuntil(last)
                writer.write(line.encode() + b"\r\n")
            if lines and lines[-1].startswith("354"):
                await reader.readuntil(b"\r\n.\r\n")
            if silent:
                await reader.read()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _nothing() -> None:
    """What a hand-over writes down, in a test that does not look at it."""


async def _never() -> None:
    pytest.fail("nothing may be handed over")
