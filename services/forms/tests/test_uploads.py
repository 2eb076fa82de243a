# SPDX-License-Identifier: EUPL-1.2
"""Files that applicants send: told by their bytes, scanned, kept for the owner and the desk, or refused."""

import asyncio
import io
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from mash_forms.gateways.clamav import ClamAv
from mash_forms.model.files import Kind, Verdict, kind_of, name_of
from mash_forms.service import Retention
from mash_sdk.ids import new_id
from mash_sdk.problems import Unavailable
from mash_sdk.testing import CSRF, Bench

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    b"\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\0\0\x3f\0\0\xff\xd9"
)
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 1, height: int = 1, rest: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body + rest


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * 1_000_000)
    return made.getvalue()


def told(content: bytes) -> Kind | None:
    return kind_of(io.BytesIO(content), len(content))


def test_what_a_file_is_is_told_by_its_bytes() -> None:
    assert [told(content) for content in (PDF, png(), JPEG)] == [Kind.PDF, Kind.PNG, Kind.JPEG]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"<script>alert(1)</script>",
        zipped(),
        PDF + zipped(),
        JPEG + zipped(),
        png(rest=zipped()),
        png(rest=b"<?php"),
        png()[:-4],
        png(30_000, 30_000),
        png(0, 9),
        JPEG[:-2],
        JPEG + b"tail",
        b"\xff\xd8\xff" + b"\0" * 50 + b"\xff\xd9",
        b"GIF89a" + PDF,
        PDF.replace(b"%%EOF", b""),
        b"%PDF-9.9" + PDF,
        b"MZ" + PDF,
    ],
)
def test_what_is_damaged_or_two_things_at_once_is_not_taken(content: bytes) -> None:
    assert told(content) is None


@given(st.binary(max_size=200), st.sampled_from([b"", PDF[:8], png()[:33], JPEG[:25]]))
def test_no_bytes_break_it(content: bytes, head: bytes) -> None:
    told(head + content)


@given(st.text())
def test_a_name_is_never_a_path(said: str) -> None:
    name = name_of(said, Kind.PDF)
    assert name.endswith(".pdf")
    assert not set(name) & set('/\\<>:"|?*%\0\r\n')
    assert name not in {".pdf", "..pdf"}
    assert len(name) <= 104


def test_names_as_people_give_them() -> None:
    assert name_of("../../etc/passwd", Kind.PDF) == "passwd.pdf"
    assert name_of("C:\\Pläne\\Grundriß.PDF", Kind.PDF) == "Grundriß.pdf"
    assert name_of("bild.pdf.exe", Kind.JPEG) == "bild.pdf.jpg"
    assert name_of("\u202egpj.exe", Kind.PNG) == "gpj.png"


# ── through the pages ──


class Sender:
    """Somebody on the page that asks for a proof."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.id = new_id()
        self.base = f"/pages/apply/wohnung/{self.id}"

    async def begin(self) -> None:
        home = {"given_name": "Anna", "kind": "only", "moved_in": "2026-01-15"}
        await self.client.post(f"{self.base}/home", data={"csrf": CSRF, **home})

    async def send(self, *contents: bytes, name: str = "plan.pdf", action: str = "upload") -> str:
        files = [("proof", (name, content, "text/html")) for content in contents]
        row = {"children.0": "row", "children.0.name": "Ben", "children.0.school": "false"}
        answer = await self.client.post(
            f"{self.base}/family", data={"csrf": CSRF, "action": action, **row}, files=files
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].rsplit("/", 1)[1]

    async def page(self, path: str = "family") -> str:
        return (await self.client.get(f"{self.base}/{path}")).text


@pytest.fixture
async def anna(bench: Bench) -> Sender:
    sender = Sender(bench.client(subject="anna"))
    await sender.begin()
    return sender


async def stored(bench: Bench) -> list[Any]:
    async with bench.unit() as unit:
        rows = await unit.connection.execute(text("select * from attachments order by id"))
        return list(rows.mappings())


async def test_a_file_is_sent_shown_taken_away_and_handed_in(bench: Bench, anna: Sender) -> None:
    assert await anna.send(PDF, name="../Plan ä.pdf") == "family"
    assert "Plan ä.pdf" in await anna.page()
    [first] = await stored(bench)
    await anna.send(action=f"detach:{first['id']}")
    assert await stored(bench) == []
    big = PDF[:9] + b"x" * 700_000 + PDF[9:]
    assert await anna.send(big, action="next") == "review"
    assert "1 Datei" in await anna.page("review")
    handed = await anna.client.post(f"{anna.base}/review", data={"csrf": CSRF})
    assert handed.status_code == 303
    [kept] = await stored(bench)
    assert (str(kept["owner"]), kept["size"], kept["verdict"]) == (anna.id, len(big), "unscanned")

    path = f"/applications/{anna.id}/files/{kept['id']}"
    kurt = bench.client(roles=["clerk"], subject="kurt")
    for client, area in ((anna.client, "account"), (kurt, "desk")):
        shown = (await client.get(f"/pages/{area}/applications/{anna.id}")).text
        assert f"/{area}{path}" in shown
        assert ("nicht auf Schadsoftware geprüft" in shown) == (area == "desk")
        got = await client.get(f"/pages/{area}{path}")
        assert got.content == big
        assert got.headers["content-type"] == "application/pdf"
        assert got.headers["content-disposition"].startswith('attachment; filename="')
        assert got.headers["x-content-type-options"] == "nosniff"
    async with bench.unit() as unit:
        read = await unit.connection.scalar(
            text("select count(*) from audit where action = 'document-read' and actor = 'kurt'")
        )
    assert read == 1
    for other in (bench.client(subject="bob"), bench.client("mannheim", subject="anna")):
        for area in (f"/pages/account{path}", f"{anna.base}/files/{kept['id']}"):
            assert (await other.get(area)).status_code == 404
    elsewhere = bench.client("mannheim", roles=["clerk"])
    assert (await elsewhere.get(f"/pages/desk{path}")).status_code == 404


async def test_a_draft_is_none_of_the_desks_business(bench: Bench, anna: Sender) -> None:
    await anna.send(PDF)
    [kept] = await stored(bench)
    kurt = bench.client(roles=["clerk"])
    assert (await kurt.get(f"/pages/desk/applications/{anna.id}/files/{kept['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("contents", "why", "said"),
    [
        ([b""], "empty", "Die Datei ist leer."),
        ([PDF + b"x" * (1 << 20)], "size", "Die Datei ist zu groß."),
        ([zipped()], "type", "nicht annehmen, oder beschädigt"),
        ([PDF, PDF, PDF], "count", "Mehr Dateien nehmen wir hier nicht an."),
    ],
)
async def test_a_refused_file_is_told_at_its_field(
    bench: Bench, anna: Sender, contents: list[bytes], why: str, said: str
) -> None:
    led = await anna.send(*contents, action="next")
    assert led == f"family?refused=proof:{why}#faults"
    page = (await anna.client.get(f"{anna.base}/{led}")).text
    assert said in page
    assert 'href="#f-proof"' in page
    assert "Ben" in page, "the other answers are kept"
    assert len(await stored(bench)) == len(contents) - 1


async def test_a_made_up_refusal_says_nothing(anna: Sender) -> None:
    for query in ("refused=proof:x", "refused=x:type", "refused=%3Cb%3E", "refused=given_name:type"):
        assert "kern-alert--danger" not in await anna.page(f"family?{query}")


async def test_nobody_hands_in_a_file_that_is_not_theirs(bench: Bench, anna: Sender) -> None:
    await anna.send(PDF)
    [kept] = await stored(bench)
    data = {
        "given_name": "Bob", "kind": "only", "moved_in": "2026-01-15",
        "children": [{"name": "Ben", "school": False}], "proof": [str(kept["id"])],
    }  # fmt: skip
    bob = bench.client(subject="bob")
    for application_id in (new_id(), anna.id):
        body = {"id": application_id, "form": "wohnung", "data": data}
        answer = await bob.post("/api/forms/v1/applications", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/data/proof/0"


async def test_files_go_with_their_draft(bench: Bench, anna: Sender) -> None:
    await anna.send(PDF)
    bench.clock.forward(days=11)
    retention = bench.program.provides[Retention]
    assert isinstance(retention, Retention)
    with bench.program.telemetry.active():
        await retention.once()
    assert await stored(bench) == []
    async with bench.unit() as unit:
        assert await unit.connection.scalar(text("select count(*) from attachment_pieces")) == 0


# ── the scanner ──


@pytest.fixture
async def clamd() -> AsyncIterator[str]:
    """A daemon that speaks INSTREAM, and knows EICAR's test file only."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        seen = b""
        while length := struct.unpack(">I", await reader.readexactly(4))[0]:
            seen += await reader.readexactly(length)
        said = b"Eicar-Signature FOUND" if EICAR in seen else b"OK"
        writer.write(
            b"INSTREAM size limit exceeded. ERROR\0" if b"HUGE" in seen else b"stream: " + said + b"\0"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"{host}:{port}"
    server.close()


async def pieces(*contents: bytes) -> AsyncIterator[bytes]:
    for content in contents:
        yield content


async def test_the_scanner_is_asked_and_believed(clamd: str) -> None:
    scanner = ClamAv(clamd)
    assert await scanner.scan(pieces(PDF, PDF)) is Verdict.CLEAN
    assert await scanner.scan(pieces(EICAR[:20], EICAR[20:])) is Verdict.INFECTED
    with pytest.raises(Unavailable):
        await scanner.scan(pieces(b"HUGE"))
    with pytest.raises(Unavailable):
        await ClamAv("127.0.0.1:1").scan(pieces(PDF))


async def test_what_is_infected_or_cannot_be_scanned_is_not_kept(
    bench_of: Callable[..., Awaitable[Bench]], cities: Path, clamd: str
) -> None:
    for where, content, why in (
        (clamd, PDF[:9] + EICAR + PDF[9:], "infected"),
        ("127.0.0.1:1", PDF, "unchecked"),
    ):
        bench = await bench_of("mash_forms", cities=cities, scanner=where)
        anna = Sender(bench.client(subject="anna"))
        await anna.begin()
        with bench.program.telemetry.active():
            assert await anna.send(content) == f"family?refused=proof:{why}#faults"
        assert await stored(bench) == []


async def test_a_clean_file_is_marked_so(
    bench_of: Callable[..., Awaitable[Bench]], cities: Path, clamd: str
) -> None:
    bench = await bench_of("mash_forms", cities=cities, scanner=clamd)
    anna = Sender(bench.client(subject="anna"))
    await anna.begin()
    await anna.send(PDF)
    [kept] = await stored(bench)
    assert kept["verdict"] == "clean"
    assert kept["name"] == "", "names are personal, and lie under the key of the case"
