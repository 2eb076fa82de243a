# SPDX-License-Identifier: EUPL-1.2
"""MQTT packets of a server → bytes (OASIS MQTT 3.1.1 and 5.0)."""

from collections.abc import Sequence
from typing import Final

from mash_sensors.mqtt.packets import LARGEST, V5
from mash_sensors.mqtt.reasons import (
    BAD_CREDENTIALS,
    NOT_AUTHORIZED,
    SUCCESS,
    UNAVAILABLE,
    UNSPECIFIED,
    UNSUPPORTED_VERSION,
)

PIPELINED: Final = 100
"""Messages of a client that may wait for their acknowledgement (5.0: Receive Maximum)."""
LONGEST_KEEP_ALIVE: Final = 3600
"""Seconds of silence that are allowed where the client promises nothing."""
_V311_REFUSALS: Final = {UNSUPPORTED_VERSION: 1, UNAVAILABLE: 3, BAD_CREDENTIALS: 4, NOT_AUTHORIZED: 5}
_LONGEST_TEXT: Final = 300


def connack(
    version: int, reason: int, *, keep_alive: int | None = None, client_id: str | None = None
) -> bytes:
    """Without a session: it begins anew with each connection. What was assigned is told where it was."""
    if version != V5:
        return _packet(0x20, bytes([0, 0 if reason == SUCCESS else _V311_REFUSALS.get(reason, 3)]))
    properties = b""
    if reason == SUCCESS:
        properties += b"\x11" + bytes(4)  # session expiry interval: none
        properties += b"\x21" + PIPELINED.to_bytes(2, "big")
        properties += b"\x24\x01"  # maximum QoS
        properties += b"\x25\x00"  # nothing is retained
        properties += b"\x27" + LARGEST.to_bytes(4, "big")
        properties += b"\x28\x00\x29\x00\x2a\x00"  # no wildcards, no identifiers, nothing shared
        if keep_alive is not None:
            properties += b"\x13" + keep_alive.to_bytes(2, "big")
        if client_id is not None:
            properties += b"\x12" + _text(client_id)
    return _packet(0x20, bytes([0, reason]) + _variable(len(properties)) + properties)


def puback(version: int, packet_id: int, reason: int = SUCCESS, text: str = "") -> bytes:
    """Only 5.0 can say that a message was refused, and why."""
    body = packet_id.to_bytes(2, "big")
    if version == V5 and reason != SUCCESS:
        body += bytes([reason]) + _reason(text)
    return _packet(0x40, body)


def suback(version: int, packet_id: int, reasons: Sequence[int]) -> bytes:
    properties = b"\x00" if version == V5 else b""
    codes = bytes(one if version == V5 else min(one, UNSPECIFIED) for one in reasons)
    return _packet(0x90, packet_id.to_bytes(2, "big") + properties + codes)


def unsuback(version: int, packet_id: int, count: int) -> bytes:
    more = b"\x00" + bytes(count) if version == V5 else b""
    return _packet(0xB0, packet_id.to_bytes(2, "big") + more)


def publish(version: int, topic: str, payload: bytes) -> bytes:
    """With QoS 0."""
    return _packet(0x30, _text(topic) + (b"\x00" if version == V5 else b"") + payload)


def pingresp() -> bytes:
    return _packet(0xD0, b"")


def disconnect(version: int, reason: int, text: str = "") -> bytes:
    """Nothing in 3.1.1, whose servers only hang up."""
    return _packet(0xE0, bytes([reason]) + _reason(text)) if version == V5 else b""


def _reason(text: str) -> bytes:
    if not text:
        return b"\x00"
    said = b"\x1f" + _text(text[:_LONGEST_TEXT])
    return _variable(len(said)) + said


def _packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + _variable(len(body)) + body


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return len(data).to_bytes(2, "big") + data


def _variable(value: int) -> bytes:
    found = bytearray()
    while True:
        value, low = value >> 7, value & 127
        found.append(low | (128 if value else 0))
        if not value:
            return bytes(found)
