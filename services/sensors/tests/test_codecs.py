# SPDX-License-Identifier: EUPL-1.2
"""What device types' codecs make of bytes: their own examples, both ways, and what they refuse."""

import shutil
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mash_sdk.testing import Bench
from mash_sensors.gateways.city_codecs import CityCodecs
from mash_sensors.model.codec import CHANNEL, LONGEST, Codec, Field, Item, NotDecodable, NotEncodable, Value
from mash_sensors.model.codec_file import CodecFile

SHARED = Path(__file__).parents[3] / "cities" / "_shared" / "codecs"
TOPIC = "mash.sensors.observations.v1"


def read(file: Path) -> Codec:
    return CodecFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).told(file.stem)


CODECS = [read(file) for file in sorted(SHARED.glob("*.toml"))]


def codec(name: str) -> Codec:
    return next(one for one in CODECS if one.name == name)


def declared(**message: Any) -> Codec:
    """A codec of one message."""
    data = {"version": "1", "title": "x", "demo": True, "messages": [message], "examples": [EXAMPLE]}
    return CodecFile.model_validate(data).told("x")


EXAMPLE = {"hex": "00", "fields": {}}


@pytest.mark.parametrize("one", CODECS, ids=lambda one: one.name)
def test_its_examples_hold(one: Codec) -> None:
    assert list(one.wrong_examples()) == []
    assert (one.source is None) == one.name.startswith("demo-")


def _values(field: Field) -> st.SearchStrategy[Value]:
    least = -(1 << (field.bits - 1)) if field.signed else 0
    numbers = st.integers(least, least + (1 << field.bits) - 1)
    if field.words:
        numbers = st.sampled_from(sorted(field.words))
    return numbers.filter(lambda raw: raw not in field.absent).map(lambda raw: _value(field, raw))


def _value(field: Field, raw: int) -> Value:
    value = field.value(raw)
    assert value is not None
    return value


def _of_item(item: Item) -> st.SearchStrategy[dict[str, Value]]:
    channels = st.integers(0, 255) if item.channel else st.just(0)
    needed = {field.name: _values(field) for field in item.fields if not field.absent}
    maybe = {field.name: _values(field) for field in item.fields if field.absent}
    fields = st.fixed_dictionaries(needed, optional=maybe)
    return st.tuples(channels, fields).map(
        lambda found: {name.replace(CHANNEL, str(found[0])): value for name, value in found[1].items()}
    )


def _messages(one: Codec) -> Iterator[st.SearchStrategy[tuple[int | None, dict[str, Value]]]]:
    for layout in one.layouts:
        port = min(layout.ports, default=None)
        items = [item for item in layout.items if item.fields]
        several = st.lists(st.one_of([_of_item(item) for item in items]), min_size=1, max_size=4)
        merged = several.map(lambda found: {key: value for one in found for key, value in one.items()})
        yield st.tuples(st.just(port), merged if layout.tagged else _of_item(items[0]))


@pytest.mark.parametrize("one", CODECS, ids=lambda one: one.name)
@given(data=st.data())
def test_what_is_encoded_is_decoded_as_it_was(one: Codec, data: st.DataObject) -> None:
    port, values = data.draw(st.one_of(list(_messages(one))))
    assert one.decode(one.encode(values, port), port) == values


@pytest.mark.parametrize("one", CODECS, ids=lambda one: one.name)
@given(data=st.binary(max_size=LONGEST + 5), port=st.integers(0, 255))
def test_any_bytes_are_read_or_refused(one: Codec, data: bytes, port: int) -> None:
    try:
        found = one.decode(data, port)
    except NotDecodable:
        return
    assert len(data) <= LONGEST
    assert all(isinstance(value, float | bool | str) for value in found.values())


@pytest.mark.parametrize(
    ("field", "data", "value"),
    [
        ({"size": 2}, "0102", 258.0),
        ({"size": 2, "endian": "little"}, "0102", 513.0),
        ({"size": 2, "signed": True}, "FFFE", -2.0),
        ({"size": 2, "signed": True, "bits": [4, 11]}, "0FF0", -1.0),
        ({"size": 2, "bits": [15, 15], "truth": True}, "8000", True),
        ({"size": 2, "bits": [0, 13]}, "C001", 1.0),
        ({"size": 1, "scale": 0.1, "offset": -40}, "FF", -14.5),
        ({"size": 2, "scale": 0.1}, "0101", 25.7),
        ({"size": 1, "values": {"0": "zu", "7": "auf"}}, "07", "auf"),
        ({"size": 6, "signed": True, "scale": 0.001}, "800000000000", -140737488355.328),
        ({"size": 8, "truth": True}, "0000000000000001", True),
        ({"size": 1, "truth": True}, "00", False),
    ],
)
def test_bytes_mean_what_is_declared(field: dict[str, Any], data: str, value: Value) -> None:
    one = declared(size=len(data) // 2, fields=[{"name": "x"} | field])
    assert one.decode(bytes.fromhex(data), None) == {"x": value}
    if "bits" not in field:  # of a part of the bits the others are not known
        assert one.encode({"x": value}, None) == bytes.fromhex(data)


def test_numbers_that_say_nothing_was_measured_are_left_out() -> None:
    one = declared(size=2, fields=[{"name": "x", "size": 2, "signed": True, "absent": [-32768]}])
    assert one.decode(bytes.fromhex("8000"), None) == {}
    assert one.encode({}, None) == bytes.fromhex("8000")


@pytest.mark.parametrize(
    ("name", "data", "port", "reason"),
    [
        ("dragino-ldds04", "0D4A", None, "hat 2 Bytes statt 11"),
        ("milesight-em400-udl", "017564" + "99FF00", 85, "hat bei Byte 3 eine unbekannte Kennung: 99ff"),
        ("milesight-em400-udl", "0367F8", 85, "endet innerhalb dessen, was bei Byte 0 beginnt"),
        ("milesight-em400-udl", "050007", 85, "position: 7 hat keine Bedeutung"),
        ("cayenne-lpp", "01", 1, "hat bei Byte 0 eine unbekannte Kennung: 01"),
        ("demo-road", "A8", 3, "kommt auf Port 3, für den nichts erklärt ist"),
        ("cayenne-lpp", "0100" * 128, 1, "hat mehr als 255 Bytes"),
    ],
)
def test_what_is_not_declared_is_refused_and_where_is_said(
    name: str, data: str, port: int | None, reason: str
) -> None:
    with pytest.raises(NotDecodable) as told:
        codec(name).decode(bytes.fromhex(data), port)
    assert str(told.value) == reason


@pytest.mark.parametrize("values", [{}, {"battery": 1.5}, {"battery": 256.0}, {"colour": "red"}])
def test_what_no_bytes_mean_is_not_encoded(values: dict[str, Value]) -> None:
    one = declared(size=1, fields=[{"name": "battery"}])
    with pytest.raises(NotEncodable):
        one.encode(values, None)
    tagged = codec("milesight-em400-udl")
    if values:
        with pytest.raises(NotEncodable):
            tagged.encode(values, None)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"size": 2, "unknown": 1},
        {"size": 1, "fields": [{"name": "x", "at": 1}]},
        {"size": 1, "fields": [{"name": "x"}, {"name": "x"}]},
        {"size": 1, "fields": [{"name": "x", "bits": [4, 8]}]},
        {"size": 1, "fields": [{"name": "x", "scale": 0}]},
        {"size": 7, "fields": [{"name": "x", "size": 7}]},
        {"size": 1, "fields": [{"name": "x", "truth": True, "scale": 0.1}]},
        {"size": 1, "fields": [{"name": "x", "values": {"0": "a", "1": "a"}}]},
        {"size": 1, "fields": [{"name": "x", "absent": [256]}]},
        {"size": 1, "fields": [{"name": "x_{channel}"}]},
        {"items": [{"tag": "01", "size": 1, "fields": [{"name": "x_{channel}"}]}]},
        {"items": [{"tag": "01", "size": 1}, {"tag": "01", "size": 2}]},
        {"items": [{"tag": "01", "size": 1}], "size": 1},
        {"items": [{"tag": "1", "size": 1}]},
    ],
)
def test_a_file_that_cannot_mean_anything_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        declared(**message)


# ── through the doors ──


def stream(field: str, **more: Any) -> dict[str, Any]:
    observed = {"name": field, "definition": f"https://example.org/{field}"}
    return {"field": field, "name": field, "observed_property": observed} | more


Registers = Callable[..., Awaitable[Any]]


@pytest.fixture
async def container(register: Registers) -> Any:
    streams = [stream("distance", unit="mm"), stream("position", kind="text")]
    return await register(device_id="grit-1", codec="milesight-em400-udl", datastreams=streams)


def raw(sender: Any, payload: str | None, decoded: Any = None, port: int = 85) -> dict[str, Any]:
    body: dict[str, Any] = sender.uplink()
    message = body["uplink_message"] | {"f_port": port, "frm_payload": payload, "decoded_payload": decoded}
    body["uplink_message"] = {key: value for key, value in message.items() if value is not None}
    return body


async def test_bytes_become_observations(bench: Bench, container: Any) -> None:
    answer = await container.post(raw(container, "AXVcA2cBAQSCRAgFAAE="))
    assert (answer.status_code, answer.json()["observations"]) == (202, 2), answer.text
    assert await container.results("distance") == [2116.0]
    assert await container.results("position") == ["tilt"]


async def test_the_devices_codec_comes_before_what_the_network_decoded(container: Any) -> None:
    body = raw(container, "BIJECA==", {"distance": 1.0})
    assert (await container.post(body)).status_code == 202
    assert await container.results("distance") == [2116.0]
    only_decoded = raw(container, None, {"distance": 7.0})
    assert (await container.post(only_decoded)).status_code == 202
    assert await container.results("distance") == [2116.0, 7.0]


async def test_a_frame_without_content_observes_nothing(bench: Bench, container: Any) -> None:
    answer = await container.post(raw(container, None))
    assert (answer.status_code, answer.json()["observations"]) == (202, 0)
    assert bench.broker.records(TOPIC) == []


async def test_chirpstack_without_a_codec_of_its_own(bench: Bench, container: Any) -> None:
    body = {
        "deduplicationId": "1",
        "time": bench.clock.now().isoformat(),
        "deviceInfo": {"devEui": container.about["dev_eui"]},
        "fPort": 85,
        "data": "BIJECA==",
        "object": None,
    }
    answer = await bench.visitor().post(
        "/api/sensors/v1/uplinks/chirpstack?event=up",
        headers={"authorization": f"Bearer {container.key}"},
        json=body,
    )
    assert answer.status_code == 202, answer.text
    assert await container.results("distance") == [2116.0]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("mf8A", "hat bei Byte 0 eine unbekannte Kennung: 99ff"),
        ("BIJE", "endet innerhalb dessen, was bei Byte 0 beginnt"),
        ("%%%", "ist kein Base64 eines LoRaWAN-Pakets"),
        ("A" * 400, "ist kein Base64 eines LoRaWAN-Pakets"),
    ],
)
async def test_bytes_that_cannot_be_read_are_refused_and_why_is_said(
    bench: Bench, container: Any, payload: str, reason: str
) -> None:
    answer = await container.post(raw(container, payload))
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert (fault["pointer"], fault["reason"]) == ("/uplink_message/frm_payload", reason)
    assert bench.broker.records(TOPIC) == []


async def test_a_field_of_another_kind_names_the_codec(bench: Bench, register: Registers) -> None:
    streams = [stream("position", unit="1")]
    device = await register(codec="milesight-em400-udl", datastreams=streams)
    answer = await device.post(raw(device, "BQAB"))
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert (fault["pointer"], fault["reason"]) == (
        "/uplink_message/frm_payload",
        "position: ist keine Zahl",
    )


async def test_a_device_of_an_unknown_type_is_not_registered(
    bench: Bench, describe: Callable[..., dict[str, Any]]
) -> None:
    editor = bench.client(roles=["editor"], subject="e")
    answer = await editor.post("/api/sensors/v1/devices", json=describe(codec="unheard-of"))
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == "/codec"
    assert "milesight-em400-udl" in fault["remedy"]


async def test_its_codec_is_shown(bench: Bench, container: Any) -> None:
    editor = bench.client(roles=["editor"], subject="e")
    shown = (await editor.get(f"/api/sensors/v1/devices/{container.id}")).json()
    assert shown["codec"] == container.about["codec"] == "milesight-em400-udl"


async def test_a_citys_own_comes_before_a_shared_one_and_a_broken_file_takes_none_away(
    tmp_path: Path,
) -> None:
    shutil.copytree(SHARED, tmp_path / "_shared" / "codecs")
    own = tmp_path / "heidelberg" / "codecs" / "demo-road.toml"
    own.parent.mkdir(parents=True)
    text = (SHARED / "demo-road.toml").read_text(encoding="utf-8")
    own.write_text(text.replace('title = "', 'title = "Eigener '), encoding="utf-8")
    codecs = CityCodecs(tmp_path, look_again=0)

    async def title(tenant: str) -> str | None:
        found = await codecs.of(tenant, "demo-road")
        return found.title if found else None

    assert (await title("heidelberg"), await title("mannheim")) == (
        "Eigener Fahrbahnfühler (Demodaten)",
        "Fahrbahnfühler (Demodaten)",
    )
    for broken in ("[[", 'title = "x"', "\udcff"):
        own.write_bytes(broken.encode("utf-8", "surrogateescape"))
        assert await title("heidelberg") == "Eigener Fahrbahnfühler (Demodaten)"
    assert await CityCodecs(tmp_path).of("heidelberg", "demo-road") is None
    assert "demo-road" not in await CityCodecs(tmp_path).names("heidelberg")
    own.unlink()
    assert await title("heidelberg") == "Fahrbahnfühler (Demodaten)"


async def test_a_codec_that_went_away_is_no_fault_of_the_device(
    bench: Bench, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: str) -> None:
        return None

    monkeypatch.setattr(CityCodecs, "of", gone)
    answer = await container.post(raw(container, "BIJECA=="))
    assert answer.status_code == 503
    assert bench.broker.records(TOPIC) == []
