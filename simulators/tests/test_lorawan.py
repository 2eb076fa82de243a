# SPDX-License-Identifier: EUPL-1.2
"""The network's stand-in: what it posts is The Things Stack's shape, within bounds, counted, and not lost."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_simulators.lorawan.device import KEPT, Device, Motion
from mash_simulators.lorawan.network import Webhook, due, post, webhooks_of
from mash_simulators.started import Started

NOON = 1_772_445_600.0


class Listener(HTTPServer):
    """A portal that notes what comes and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/uplinks/ttn"


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.seen.append((self.headers["authorization"], body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 202)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def configured(url: str) -> list[dict[str, Any]]:
    device = {"device_id": "frost-1", "dev_eui": "70B3D57ED0051234", "bounds": {"road/surface": [-1.5, 4.0]}}
    return [{"url": url, "key": "mash_demo", "devices": [device]}]


@given(now=st.floats(0, 4e9), low=st.floats(-50, 50), span=st.floats(0, 50))
def test_figures_stay_within_their_bounds(now: float, low: float, span: float) -> None:
    [figure] = Device("d", {"f": Motion(low, low + span)}).figures(now).values()
    assert low - 0.01 <= figure <= low + span + 0.01


def test_a_message_has_the_networks_shape_and_frames_count() -> None:
    device = Device(
        "frost-1", {"road/surface": Motion(-1.5, 4.0), "air": Motion(0.0, 6.0)}, "70B3D57ED0051234"
    )
    (first,), (second,) = device.uplinks(NOON), device.uplinks(NOON + 20)
    assert first["end_device_ids"]["dev_eui"] == "70B3D57ED0051234"
    assert first["uplink_message"]["received_at"] == "2026-03-02T10:00:00Z"
    assert set(first["uplink_message"]["decoded_payload"]) == {"road", "air"}
    assert [one["uplink_message"]["f_cnt"] for one in (first, second)] == [1, 2]
    assert first["uplink_message"]["session_key_id"] == second["uplink_message"]["session_key_id"]
    assert Device("frost-1", {}).session != Device("frost-1", {}).session, "a new start is a new session"


def test_some_messages_are_posted_twice() -> None:
    hooks = [Webhook("http://127.0.0.1:1/", "k", (Device("d", {"f": Motion(0.0, 1.0)}),))]
    frames = [message["uplink_message"]["f_cnt"] for n in range(20) for _, message in due(hooks, NOON + n)]
    assert frames == [*range(1, 11), 10, *range(11, 21), 20]


@given(now=st.floats(1e6, 4e9), span=st.floats(7200, 4e6), rises=st.booleans())
def test_a_level_goes_one_way_and_back_at_once(now: float, span: float, *, rises: bool) -> None:
    device = Device("bin", {"level": Motion(3.0, 98.0, span if rises else -span)})
    before, after = (device.figures(one)["level"] for one in (now, now + 60))
    assert 2.99 <= min(before, after) <= max(before, after) <= 98.01
    back = 95.0 - 95.0 * 60 / span
    assert after - before == pytest.approx(95.0 * 60 / span if rises else -95.0 * 60 / span, abs=0.03) or (
        before - after if rises else after - before
    ) == pytest.approx(back, abs=0.03)


def test_a_level_is_told_by_the_hour_and_the_same_after_a_new_start() -> None:
    def told(device: Device, now: float) -> list[tuple[int, str, float]]:
        messages = [one["uplink_message"] for one in device.uplinks(now)]
        return [(one["f_cnt"], one["received_at"], one["decoded_payload"]["level"]) for one in messages]

    device, again = (Device("bin", {"level": Motion(3.0, 98.0, 86400.0)}) for _ in range(2))
    first = told(device, NOON + 60)
    assert [(NOON // 3600) - number for number, _, _ in first] == [
        24 - at for at in (2, 6, 10, 14, 18, 22, 24)
    ]
    assert len(first) <= KEPT
    assert told(device, NOON + 120) == [], "nothing is told twice"
    (following,) = told(device, NOON + 3660)
    assert following[0] == first[-1][0] + 1
    later = told(again, NOON + 3660)
    assert set(later) - {following} <= set(first), "the platform knows these messages already"


def test_it_is_posted_again_while_the_other_side_is_away(listener: Listener) -> None:
    [hook] = webhooks_of(configured(listener.url))
    listener.answers = [503, 429, 202]
    waited: list[float] = []
    assert post(hook, next(hook.devices[0].uplinks(NOON)), waited.append) == 202
    assert len(waited) == 2
    assert [body for _, body in listener.seen] == [listener.seen[0][1]] * 3, "the same message"
    assert {key for key, _ in listener.seen} == {"Bearer mash_demo"}


def test_what_is_refused_is_not_repeated(listener: Listener, capsys: pytest.CaptureFixture[str]) -> None:
    [hook] = webhooks_of(configured(listener.url))
    listener.answers = [401]
    assert post(hook, next(hook.devices[0].uplinks(NOON))) == 401
    assert len(listener.seen) == 1
    assert capsys.readouterr().out == "frost-1: not taken (401)\n"


def test_made_up_readings_leave_this_machine_for_nobody() -> None:
    with pytest.raises(ValueError, match="not on this machine"):
        webhooks_of(configured("https://portal.example/api/sensors/v1/uplinks/ttn"))


def test_it_runs_as_a_program(listener: Listener, tmp_path: Any) -> None:
    file = tmp_path / "webhooks.json"
    file.write_text(json.dumps(configured(listener.url)))
    with Started("lorawan", "--webhooks", str(file), "--every", "0.05") as running:
        assert running.origin == "1 devices"
        for _ in range(200):
            if len(listener.seen) > 2:
                break
            threading.Event().wait(0.1)
    assert [body["uplink_message"]["f_cnt"] for _, body in listener.seen[:3]] == [1, 2, 3]
