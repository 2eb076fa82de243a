# SPDX-License-Identifier: EUPL-1.2
"""WebSocket frames (RFC 6455, 5.2) as far as one who passes them on has to know them: where each ends."""

import os
import struct
from typing import Final

LARGEST: Final = 1 << 20
"""Bytes in one frame; a message may have many."""
_CLOSE: Final = 8
_OPCODES: Final = frozenset({0, 1, 2, _CLOSE, 9, 10})
_CONTROL_BYTES: Final = 125
_TWO, _EIGHT = 126, 127

GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
TOO_BIG: Final = 1009
RESTART: Final = 1012
BAD_GATEWAY: Final = 1014
"""Close codes: RFC 6455, 7.4.1, and IANA's registry."""


class BadFrame(Exception):
    """What came is no frame that may pass. `before`: what may, ahead of it."""

    def __init__(self, code: int, reason: str, before: bytes) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.before = before


class Frames:
    """The frames of one direction. A header is let go of when it is complete, a payload as it comes."""

    def __init__(self, *, masked: bool, extended: bool) -> None:
        """`masked`: they come from a client. `extended`: an extension was agreed on, it may use RSV1."""
        self._masked = masked
        self._reserved = 0x30 if extended else 0x70
        self._held = b""
        self._left = 0
        self.closed = False
        """A close frame has passed: nothing follows it."""

    @property
    def between(self) -> bool:
        """What was let go of ends with a whole frame."""
        return self._left == 0

    def feed(self, data: bytes) -> bytes:
        """What may pass on. Raises BadFrame."""
        if self._left > len(data):
            self._left -= len(data)
            return data
        data = self._held + data
        self._held = b""
        at = 0
        while True:
            at += self._left
            self._left = 0
            if self.closed or at == len(data):
                return data[:at]
            size = self._begin(data, at)
            if size == 0:
                self._held = data[at:]
                return data[:at]
            at += size
            if at + self._left > len(data):
                self._left -= len(data) - at
                return data

    def _begin(self, data: bytes, at: int) -> int:
        """The size of the header at `at`; 0 if it is not complete. Sets how long its payload is."""
        there = len(data) - at
        if there < 2:  # noqa: PLR2004 — the two bytes every frame begins with
            return 0
        first, second = data[at], data[at + 1]
        opcode, length = first & 0x0F, second & 0x7F
        size = 2 + (2 if length == _TWO else 8 if length == _EIGHT else 0) + (4 if self._masked else 0)
        if first & self._reserved or opcode not in _OPCODES:
            raise BadFrame(PROTOCOL_ERROR, "unknown frame", data[:at])
        if bool(second & 0x80) is not self._masked:
            raise BadFrame(PROTOCOL_ERROR, "mask missing" if self._masked else "masked", data[:at])
        if opcode >= _CLOSE and (length > _CONTROL_BYTES or not first & 0x80):
            raise BadFrame(PROTOCOL_ERROR, "control frame too long or in parts", data[:at])
        if there < size:
            return 0
        if length == _TWO:
            (length,) = struct.unpack_from(">H", data, at + 2)
        elif length == _EIGHT:
            (length,) = struct.unpack_from(">Q", data, at + 2)
        if length > LARGEST:
            raise BadFrame(TOO_BIG, f"more than {LARGEST} bytes", data[:at])
        self._left = length
        self.closed = opcode == _CLOSE
        return size


def close_frame(code: int, reason: str, *, masked: bool) -> bytes:
    payload = struct.pack(">H", code) + reason.encode("ascii")
    head = bytes((0x80 | _CLOSE, len(payload) | (0x80 if masked else 0)))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
