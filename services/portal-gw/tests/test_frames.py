# SPDX-License-Identifier: EUPL-1.2
"""Frames pass unchanged however the network cuts them, and nothing passes behind a close."""

import itertools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mash_portal_gw.edge.frames import LARGEST, BadFrame, Frames, close_frame

payloads = st.one_of(st.binary(max_size=200), st.integers(120, 70_000).map(lambda n: b"x" * n))


def frame(payload: bytes, *, masked: bool, opcode: int = 2, fin: bool = True) -> bytes:
    bit = 0x80 if masked else 0
    first = bytes(((0x80 if fin else 0) | opcode,))
    if len(payload) < 126:
        size = bytes((bit | len(payload),))
    elif len(payload) < 1 << 16:
        size = bytes((bit | 126,)) + struct.pack(">H", len(payload))
    else:
        size = bytes((bit | 127,)) + struct.pack(">Q", len(payload))
    return first + size + (b"mask" if masked else b"") + payload


def cuts(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@settings(deadline=None)
@given(st.lists(payloads, max_size=6), st.booleans(), st.lists(st.integers(0, 1 << 20), max_size=30))
def test_whatever_is_whole_passes_as_it_was(sent: list[bytes], masked: bool, places: list[int]) -> None:  # noqa: FBT001 — an example
    data = b"".join(frame(one, masked=masked) for one in sent)
    frames = Frames(masked=masked, extended=False)
    passed = b""
    for part in cuts(data, places):
        passed += frames.feed(part)
        assert data.startswith(passed)
        whole = 0
        for one in sent:
            whole += len(frame(one, masked=masked)) if len(passed) > whole else 0
        assert frames.between == (len(passed) == whole)
    assert passed == data


@settings(deadline=None)
@given(st.lists(payloads, max_size=3), st.binary(min_size=1, max_size=99), st.lists(st.integers(0, 1 << 20)))
def test_nothing_passes_behind_a_close(sent: list[bytes], behind: bytes, places: list[int]) -> None:
    data = b"".join(frame(one, masked=True) for one in sent) + close_frame(1000, "bye", masked=True)
    frames = Frames(masked=True, extended=False)
    assert b"".join(frames.feed(part) for part in cuts(data + behind, places)) == data
    assert frames.closed
    assert frames.between


@settings(deadline=None)
@given(st.lists(payloads, max_size=3), st.lists(st.integers(0, 1 << 20), max_size=30))
def test_what_came_before_a_bad_frame_passes(sent: list[bytes], places: list[int]) -> None:
    data = b"".join(frame(one, masked=True) for one in sent)
    frames = Frames(masked=True, extended=False)
    passed, before = b"", None
    for part in cuts(data + frame(b"not masked", masked=False), places):
        try:
            passed += frames.feed(part)
        except BadFrame as bad:
            before = bad.before
            break
    assert before is not None
    assert passed + before == data
    assert frames.between


def test_the_largest_frame_passes_and_one_byte_more_does_not() -> None:
    for more, code in ((0, None), (1, 1009)):
        head = b"\x82\x7f" + struct.pack(">Q", LARGEST + more)
        frames = Frames(masked=False, extended=False)
        if code is None:
            assert frames.feed(head) == head
        else:
            with pytest.raises(BadFrame) as bad:
                frames.feed(head)
            assert bad.value.code == code


def test_an_extension_may_use_its_bit_and_no_other() -> None:
    Frames(masked=False, extended=True).feed(b"\xc1\x00")
    for first in (0xA1, 0x91):
        with pytest.raises(BadFrame):
            Frames(masked=False, extended=True).feed(bytes((first, 0)))


def test_our_own_close_is_a_frame() -> None:
    for masked in (True, False):
        frames = Frames(masked=masked, extended=False)
        said = close_frame(1001, "idle", masked=masked)
        assert frames.feed(said) == said
        assert (frames.closed, frames.between) == (True, True)
