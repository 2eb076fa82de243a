# SPDX-License-Identifier: EUPL-1.2
"""The mail sink by its two doors: real SMTP in, JSON out."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest
import pytest_asyncio


@dataclass
class Sink:
    process: asyncio.subprocess.Process
    smtp_port: int
    http: httpx.AsyncClient

    async def send(self, subject: str = "Grüße", to: str = "anna@example.org") -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Stadt <stadt@example.org>", to, subject
        mail.set_content("Zeile eins: äöü\n.\nZeile drei\n")
        mail.add_alternative("<p>Zeile <b>eins</b></p>\n", subtype="html")
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=self.smtp_port, timeout=5)

    async def next(self, answer: str) -> None:
        (await self.http.post("/_sim/next", json={"answer": answer})).raise_for_status()

    async def subjects(self) -> list[str]:
        return [line["subject"] for line in (await self.http.get("/messages")).json()]


async def _start(data: Path, *more: str) -> Sink:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mash_tools.mail", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0"),
        *("--data", str(data), *more),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    ready = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().split()
    smtp, http = (word.split("=")[1] for word in ready[1:])
    return Sink(process, int(smtp.split(":")[1]), httpx.AsyncClient(base_url=f"http://{http}"))


async def _stop(sink: Sink) -> int:
    await sink.http.aclose()
    sink.process.send_signal(signal.SIGTERM)
    return await asyncio.wait_for(sink.process.wait(), 10)


@pytest_asyncio.fixture
async def sink(tmp_path: Path) -> AsyncIterator[Sink]:
    started = await _start(tmp_path)
    yield started
    await _stop(started)


async def test_a_message_can_be_read_as_it_was_sent(sink: Sink) -> None:
    await sink.send()
    [line] = (await sink.http.get("/messages")).json()
    assert line["subject"] == "Grüße"
    assert line["from"] == "stadt@example.org"
    assert line["to"] == ["anna@example.org"]
    whole = (await sink.http.get(f"/messages/{line['id']}")).json()
    assert whole["text"] == "Zeile eins: äöü\n.\nZeile drei\n"
    assert whole["html"] == "<p>Zeile <b>eins</b></p>\n"
    assert {"name": "To", "value": "anna@example.org"} in whole["headers"]
    assert whole["sent_at"].endswith("Z")


async def test_newest_first_bounded_and_emptied(sink: Sink) -> None:
    for subject in ("eins", "zwei", "drei"):
        await sink.send(subject)
    assert await sink.subjects() == ["drei", "zwei", "eins"]
    assert len((await sink.http.get("/messages", params={"limit": 2})).json()) == 2
    assert (await sink.http.delete("/messages")).status_code == 204
    assert await sink.subjects() == []


async def test_messages_outlive_the_sink_and_old_ones_go(tmp_path: Path) -> None:
    first = await _start(tmp_path, "--keep", "2")
    for subject in ("eins", "zwei", "drei"):
        await first.send(subject)
    assert await _stop(first) in {0, -signal.SIGTERM}
    again = await _start(tmp_path)
    assert await again.subjects() == ["drei", "zwei"]
    await _stop(again)


async def test_refusals_are_given_once_and_in_order(sink: Sink) -> None:
    await sink.next("550")
    await sink.next("421")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await sink.send("abgelehnt")
    with pytest.raises(aiosmtplib.SMTPResponseException) as later:
        await sink.send("später")
    assert later.value.code == 421
    await sink.send("angenommen")
    assert await sink.subjects() == ["angenommen"]


async def test_hang_up_after_data_keeps_the_message(sink: Sink) -> None:
    await sink.next("hangup-after-data")
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await sink.send("ungewiss")
    assert await sink.subjects() == ["ungewiss"]


async def test_too_large_a_message_is_refused(sink: Sink) -> None:
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await sink.send("x" * 11_000_000)
    assert refused.value.code == 552
    assert await sink.subjects() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/messages/..%2F..%2Fetc", None, 404),
        ("GET", "/messages/0192f7a0-0000-7000-8000-000000000000", None, 404),
        ("GET", "/messages?limit=0", None, 422),
        ("POST", "/_sim/next", {"answer": "999"}, 422),
    ],
)
async def test_bad_requests_get_a_problem_document(
    sink: Sink, method: str, path: str, body: object, status: int
) -> None:
    answer = await sink.http.request(method, path, json=body)
    assert answer.status_code == status


async def test_health(sink: Sink) -> None:
    assert (await sink.http.get("/healthz")).json() == {"status": "ok"}
