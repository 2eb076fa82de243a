# SPDX-License-Identifier: EUPL-1.2
"""The signs' stand-in: each order is carried out once, an old one never after a new one; it can be broken."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mash_simulators.started import Started

KEY = {"authorization": "Bearer k"}


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Started]:
    with Started(
        "signs", "--listen", "127.0.0.1:0", "--key", "k", "--data", f"{tmp_path}/signs.journal"
    ) as sim:
        yield sim


@pytest.fixture
def http(sim: Started) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sim.origin, headers=KEY, trust_env=False) as http:
        yield http


def order(http: httpx.Client, picture: str, sequence: int) -> httpx.Response:
    return http.put("/signs/bridge", json={"picture": picture, "sequence": sequence})


def shown(http: httpx.Client) -> str:
    return str(http.get("/signs/bridge").json()["picture"])


def test_an_order_is_carried_out_once_and_never_after_a_newer_one(http: httpx.Client) -> None:
    assert shown(http) == "blank"
    assert order(http, "ice", 3).status_code == 200
    assert order(http, "ice", 3).status_code == 200
    (sign,) = http.get("/_sim/signs").json()
    assert (sign["picture"], sign["switched"]) == ("ice", 1)
    late = order(http, "blank", 2)
    assert (late.status_code, late.json()["sequence"]) == (409, 3)
    assert shown(http) == "ice"
    assert "Schnee- oder Eisglätte" in http.get("/").text


def test_what_it_shows_outlives_a_power_cut(sim: Started, http: httpx.Client) -> None:
    order(http, "ice", 1)
    sim.kill()
    sim.start()
    answer = httpx.get(f"{sim.origin}/signs/bridge", headers=KEY, trust_env=False)
    assert answer.json()["picture"] == "ice"


def test_it_can_be_broken(http: httpx.Client) -> None:
    http.post("/_sim/faults", json={"kind": "stuck", "on": "show"})
    assert order(http, "ice", 1).status_code == 200
    assert shown(http) == "blank", "it said it would, and did not"
    http.post("/_sim/faults", json={"kind": "unavailable", "on": "read"})
    assert http.get("/signs/bridge").status_code == 503
    http.post("/_sim/signs/bridge", json={"offline": True})
    with pytest.raises(httpx.HTTPError):
        order(http, "ice", 2)
    http.post("/bridge/offline")
    assert order(http, "ice", 2).status_code == 200


@pytest.mark.parametrize(
    "body", ['{"picture": "cat", "sequence": 1}', '{"picture": "ice", "sequence": 0}', "x"]
)
def test_what_is_no_order_is_refused(http: httpx.Client, body: str) -> None:
    assert http.put("/signs/bridge", content=body).status_code == 422
    assert shown(http) == "blank"


def test_strangers_switch_nothing(sim: Started) -> None:
    answer = httpx.put(f"{sim.origin}/signs/bridge", json={"picture": "ice", "sequence": 1}, trust_env=False)
    assert answer.status_code == 401
