# SPDX-License-Identifier: EUPL-1.2
"""Bytes that two readers could understand differently are refused and never become two requests."""

from typing import Any

Front = Any
Module = Any

HIDDEN = b"GET /api/forms/v1/hidden HTTP/1.1\r\nhost: localhost\r\n\r\n"
START = b"POST /heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: localhost\r\n"

CORPUS = {
    "length and chunks": START + b"content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks and length": START + b"transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": START + b"content-length: 0\r\ncontent-length: 60\r\n\r\n" + HIDDEN,
    "two equal lengths": START + b"content-length: 0\r\ncontent-length: 0\r\n\r\n",
    "a list of lengths": START + b"content-length: 0, 60\r\n\r\n" + HIDDEN,
    "a signed length": START + b"content-length: +0\r\n\r\n" + HIDDEN,
    "a negative length": START + b"content-length: -1\r\n\r\n" + HIDDEN,
    "a hexadecimal length": START + b"content-length: 0x10\r\n\r\n" + HIDDEN,
    "a length with a space in it": START + b"content-length: 1 0\r\n\r\n" + HIDDEN,
    "a length that overflows": START + b"content-length: 99999999999999999999999\r\n\r\n" + HIDDEN,
    "a space before the colon": START + b"content-length : 60\r\n\r\n" + HIDDEN,
    "another coding": START + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunked, then something": START + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "an unknown coding": START + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two codings": START + b"transfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a vertical tab": START + b"transfer-encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a folded field": START + b"x: a\r\n transfer-encoding: chunked\r\n\r\n" + HIDDEN,
    "a bare LF ends a line": b"POST /heidelberg/api/forms/v1/x HTTP/1.1\nhost: localhost\n\n",
    "a bare CR in a value": START + b"x: a\rtransfer-encoding: chunked\r\n\r\n" + HIDDEN,
    "a NUL in a value": START + b"x: a\x00b\r\n\r\n",
    "a coding with a line feed before it": START + b"transfer-encoding:\n chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a name with a space before it": START + b" content-length: 60\r\n\r\n" + HIDDEN,
    "a name that is empty": START + b": 60\r\n\r\n" + HIDDEN,
    "a name with a NUL": START + b"content-length\x00: 60\r\n\r\n" + HIDDEN,
    "a line without a colon": START + b"content-length\r\n\r\n" + HIDDEN,
    "a length in other digits": START + "content-length: ٦٠\r\n\r\n".encode() + HIDDEN,
    "a length with an underscore": START + b"content-length: 6_0\r\n\r\n" + HIDDEN,
    "an empty length": START + b"content-length:\r\n\r\n" + HIDDEN,
    "chunked twice": START + b"transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a quoted coding": START + b'transfer-encoding: "chunked"\r\n\r\n0\r\n\r\n' + HIDDEN,
    "an empty coding": START + b"transfer-encoding:\r\n\r\n" + HIDDEN,
    "a coding with GET": b"GET /heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: a\r\n"
    b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks in HTTP/1.0": b"POST /heidelberg/api/forms/v1/x HTTP/1.0\r\nhost: a\r\n"
    b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a chunk size with a sign": START + b"transfer-encoding: chunked\r\n\r\n+0\r\n\r\n" + HIDDEN,
    "a chunk size with 0x": START + b"transfer-encoding: chunked\r\n\r\n0x0\r\n\r\n" + HIDDEN,
    "a chunk that ends in a bare LF": START + b"transfer-encoding: chunked\r\n\r\n1\na\n0\n\n" + HIDDEN,
    "a bare LF in an extension": START + b"transfer-encoding: chunked\r\n\r\n1;\na\r\n0\r\n\r\n" + HIDDEN,
    "no line break behind a chunk": START + b"transfer-encoding: chunked\r\n\r\n1\r\na0\r\n\r\n" + HIDDEN,
    "a version of its own": b"GET /heidelberg/api/forms/v1/x HTTP/1.1x\r\nhost: a\r\n\r\n",
    "no version": b"GET /heidelberg/api/forms/v1/x\r\n\r\n",
    "HTTP/2 in words": b"GET /heidelberg/api/forms/v1/x HTTP/2.0\r\nhost: a\r\n\r\n",
    "HTTP/0.9 in words": b"GET /heidelberg/api/forms/v1/x HTTP/0.9\r\nhost: a\r\n\r\n",
    "a fragment": b"GET /heidelberg/api/forms/v1/x#y HTTP/1.1\r\nhost: a\r\n\r\n",
    "a tab in the request line": b"GET\t/heidelberg/api/forms/v1/x\tHTTP/1.1\r\nhost: a\r\n\r\n",
    "no chunk size": START + b"transfer-encoding: chunked\r\n\r\n\r\n" + HIDDEN,
    "a chunk size that overflows": START
    + b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n"
    + HIDDEN,
    "a chunk longer than it says": START + b"transfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n" + HIDDEN,
    "two hosts": b"GET /heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: localhost\r\nhost: evil\r\n\r\n",
    "no host": b"GET /heidelberg/api/forms/v1/x HTTP/1.1\r\n\r\n",
    "a host that is none": b"GET /heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: a@b/c\r\n\r\n",
    "an absolute address": b"GET http://evil/heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "connect": b"CONNECT evil:443 HTTP/1.1\r\nhost: evil:443\r\n\r\n",
    "trace": b"TRACE /heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a body with GET": b"GET /heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: 60\r\n\r\n"
    + HIDDEN,
    "an upgrade with a body": START + b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 3\r\n\r\nabc",
    "dots": b"GET /heidelberg/api/forms/v1/../../../ops HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "escaped dots": b"GET /heidelberg/api/forms/v1/%2e%2e/x HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "an escaped slash": b"GET /heidelberg/api/forms/v1%2fx HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "an escaped backslash": b"GET /heidelberg/api/forms/v1/%5cx HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "an escaped line break": b"GET /heidelberg/api/forms/v1/%0d%0ax HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "an escaped NUL": b"GET /heidelberg/api/forms/v1/%00 HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "half an escape": b"GET /heidelberg/api/forms/v1/%4 HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "no UTF-8": b"GET /heidelberg/api/forms/v1/%ff HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "two slashes": b"GET /heidelberg//api/forms/v1/x HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a long address": b"GET /heidelberg/api/forms/v1/"
    + b"a" * 9000
    + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "many fields": START + b"".join(b"x-%d: 1\r\n" % n for n in range(150)) + b"\r\n",
    "very many fields": START + b"".join(b"x-%d: 1\r\n" % n for n in range(3000)) + b"\r\n",
    "a long field": START + b"x: " + b"a" * 40_000 + b"\r\n\r\n",
    "a very long field": START + b"x: " + b"a" * 200_000 + b"\r\n\r\n",
    "a field that never ends": START + b"x: " + b"a" * 200_000,
}


async def test_the_corpus_is_refused(front: Front, forms: Module) -> None:
    """One front for all of it: a request that gets through would be seen by the module."""
    for name, data in CORPUS.items():
        answer = await front.raw(data, patience=2)
        _, status, *_ = (answer + b"  ").split(b" ")
        assert status in {b"400", b"405", b"413", b"414", b"431"}, f"{name}: {answer[:200]!r}"
        assert answer.count(b"HTTP/1.1 ") == 1, f"{name}: {answer!r}"
        assert forms.seen == [], f"{name} reached the module"


async def test_a_whole_request_after_another_is_answered_too(front: Front, forms: Module) -> None:
    """Pipelining is no smuggling: each is understood alone."""
    one = b"POST /heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nab"
    last = b"GET /heidelberg/api/forms/v1/y HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    answer = await front.raw(one + last)
    assert answer.count(b"HTTP/1.1 200") == 2
    assert [seen.path for seen in forms.seen] == ["/api/forms/v1/x", "/api/forms/v1/y"]


async def test_chunks_arrive_as_a_body(front: Front, forms: Module) -> None:
    head = START + b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    assert b" 200 " in await front.raw(head + b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\nevil: 1\r\n\r\n")
    assert (forms.last.body, forms.last["evil"]) == (b"abc", None)


LANE = b"GET /heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: localhost\r\n"
BY_LANE = {
    "a length": LANE + b"content-length: 60\r\n\r\n" + HIDDEN,
    "a coding": LANE + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a length and a coding": LANE
    + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "an upgrade": LANE + b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 60\r\n\r\n" + HIDDEN,
    "two hosts": LANE + b"host: other\r\n\r\n",
    "two tokens": LANE + b"authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n",
    "a fragment": b"GET /heidelberg/api/forms/v1/x#y HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a space in the query": b"GET /heidelberg/api/forms/v1/x?a=b c HTTP/1.1\r\nhost: localhost\r\n\r\n",
}


async def test_the_short_way_takes_nothing_that_the_long_way_refuses(front: Front, forms: Module) -> None:
    """With a kept connection and a known address, so that nothing else keeps it from being taken."""
    async with front.api() as client:
        assert (await client.get("/heidelberg/api/forms/v1/x")).status_code == 200
    forms.seen.clear()
    for name, data in BY_LANE.items():
        answer = await front.raw(data, patience=1)
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 ")), f"{name}: {answer!r}"
        assert answer.count(b"HTTP/1.1 ") == 1, f"{name}: {answer!r}"
        assert forms.seen == [], f"{name} reached the module"
