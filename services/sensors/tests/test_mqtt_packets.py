# SPDX-License-Identifier: EUPL-1.2
"""Whatever bytes come, the reader of MQTT packets gives packets or says Malformed, and keeps little."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mash_sensors.mqtt.packets import LARGEST, Connect, Malformed, Packet, PacketReader, Publish, Subscribe

HELLO_5 = bytes.fromhex("10 0f 00 04 4d515454 05 02 003c 00 0002 6162".replace(" ", ""))
HELLO_311 = bytes.fromhex("10 0e 00 04 4d515454 04 02 003c 0002 6162".replace(" ", ""))


def packet(first: int, body: bytes) -> bytes:
    assert len(body) < 128
    return bytes([first, len(body)]) + body


def text(value: str) -> bytes:
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


def read(*pieces: bytes) -> list[Packet | int]:
    """What comes out, with the reason at the end where it is malformed."""
    reader = PacketReader()
    found: list[Packet | int] = []
    try:
        for piece in pieces:
            reader.feed(piece)
            while (one := reader.next()) is not None:
                found.append(one)
    except Malformed as err:
        found.append(err.reason)
    return found


@given(st.binary(max_size=300), st.sampled_from([b"", HELLO_5, HELLO_311]))
def test_any_bytes_are_packets_or_malformed(data: bytes, before: bytes) -> None:
    read(before + data)


@given(st.sampled_from([1, 3, 8, 10, 12, 14]), st.integers(0, 15), st.binary(max_size=120))
def test_any_body_of_a_known_packet_is_one_or_malformed(kind: int, flags: int, body: bytes) -> None:
    for before in (b"", HELLO_5, HELLO_311):
        for one in read(before + packet(kind << 4 | flags, body)):
            assert one is not None


MESSAGE = st.tuples(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=60),
    st.integers(0, 1),
    st.integers(1, 65535),
)


@given(
    st.lists(MESSAGE, max_size=5),
    st.sampled_from([HELLO_5, HELLO_311]),
    st.lists(st.integers(0, 600), max_size=6),
)
@example([("a", b"", 0, 1)], HELLO_5, [1])
def test_messages_come_out_as_they_went_in_however_they_are_cut(
    messages: list[tuple[str, bytes, int, int]], before: bytes, cuts: list[int]
) -> None:
    data, five = before, before is HELLO_5
    for topic, payload, qos, number in messages:
        head = text(topic) + (number.to_bytes(2, "big") if qos else b"") + (b"\0" if five else b"")
        body = head + payload
        size = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 127 | 128, len(body) >> 7])
        data += bytes([0x30 | qos << 1]) + size + body
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    found = read(*(data[a:b] for a, b in pairwise(places)))
    assert isinstance(found[0], Connect)
    assert found[1:] == [
        Publish(topic, payload, qos, number if qos else 0, {}) for topic, payload, qos, number in messages
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (packet(0x30, text("a")), 0x82),  # no CONNECT first
        (packet(0x10, text("MQTT") + b"\x03"), 0x84),
        (packet(0x10, text("MQIsdp") + b"\x03"), 0x84),
        (HELLO_5 + HELLO_5, 0x82),
        (HELLO_5 + packet(0x34, text("a") + b"\0\1\0"), 0x9B),  # QoS 2
        (HELLO_5 + packet(0x36, text("a") + b"\0\1\0"), 0x81),
        (HELLO_5 + packet(0x32, text("a") + b"\0\0\0"), 0x82),  # packet identifier 0
        (HELLO_5 + packet(0x30, text("a") + b"\x03\x23\0\1"), 0x94),  # topic alias
        (HELLO_5 + packet(0x30, text("a\0b") + b"\0"), 0x81),
        (HELLO_5 + b"\x30\xff\xff\x7f", 0x95),  # 2 MB, refused before it comes
        (HELLO_5 + b"\x30\xff\xff\xff\xff", 0x81),
        (HELLO_5 + packet(0x80, b"\0\1\0" + text("a") + b"\0"), 0x82),  # flags of SUBSCRIBE
        (HELLO_5 + packet(0x82, b"\0\1\0"), 0x82),  # no topic
        (HELLO_5 + packet(0xF0, b""), 0x82),
    ],
)
def test_what_no_client_may_send_is_named(data: bytes, reason: int) -> None:
    assert read(data)[-1] == reason


def test_user_properties_and_topics_are_read() -> None:
    told = b"\x26" + text("Idempotency-Key") + text("7")
    message = packet(0x32, text("a") + b"\0\x05" + bytes([len(told)]) + told + b"x")
    topics = packet(0x82, b"\0\x06\0" + text("b") + b"\1" + text("c") + b"\0")
    assert read(HELLO_5, message, topics)[1:] == [
        Publish("a", b"x", 1, 5, {"Idempotency-Key": "7"}),
        Subscribe(6, ("b", "c")),
    ]


def test_what_is_too_large_is_refused_by_its_length_alone() -> None:
    size = LARGEST + 1
    length = bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14])
    assert read(HELLO_311, b"\x30" + length)[-1] == 0x95
