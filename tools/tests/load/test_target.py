# SPDX-License-Identifier: EUPL-1.2
"""What may be loaded and by whom; how many of each come; and Locust's environment, whole or not at all."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_sdk.load import Visitor
from mash_tools.load import installed, target
from mash_tools.load.installed import python
from mash_tools.load.profile import crowd
from mash_tools.module.source import find
from mash_tools.problems import LauncherError
from mash_tools.progress import silent
from mash_tools.realms.people import people_of

ROOT = Path(__file__).parents[3]
CITY = ROOT / "cities/heidelberg"


def kinds(weights: Sequence[int]) -> list[type[Visitor]]:
    return [type(f"Kind{number}", (Visitor,), {"weight": weight}) for number, weight in enumerate(weights)]


@given(weights=st.lists(st.integers(1, 20), min_size=1, max_size=6), more=st.integers(0, 300))
def test_a_crowd_is_shared_out_by_weight_and_nobody_is_left_out(weights: list[int], more: int) -> None:
    users = len(weights) + more
    counts = crowd(kinds(weights), users)
    assert sum(counts.values()) == users
    for number, weight in enumerate(weights):
        assert 1 <= counts[f"Kind{number}"] < users * weight / sum(weights) + 1 + 1e-9
        for other, less in enumerate(weights):
            # Never fewer for more weight, but for the one that rounding leaves over.
            assert weight < less or counts[f"Kind{number}"] >= counts[f"Kind{other}"] - 1


def test_too_few_for_one_of_each() -> None:
    with pytest.raises(LauncherError, match=r"2 users are too few.*Kind0, Kind1, Kind2"):
        crowd(kinds([1, 1, 1]), 2)


def test_another_machine_only_by_its_name_in_the_operators_mouth() -> None:
    owned = ["mash.test", "login.test"]
    found = target.running("https://mash.test", owned, CITY, ["citizen"])
    assert found.url == "https://mash.test/heidelberg"
    assert found.hosts == {"mash.test", "login.test"}
    assert found.logins["citizen"] == [("anna", "demo"), ("bernd", "demo")]
    assert not found.own
    with pytest.raises(LauncherError, match=r"--i-own-this-host mash\.test"):
        target.running("https://mash.test", ["login.test"], CITY, [])


@pytest.mark.parametrize("host", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_this_machine_needs_no_word(host: str) -> None:
    found = target.running(host, [], CITY, ["citizen", "clerk"])
    assert found.url == f"{host}/heidelberg"
    assert found.hosts == {"localhost", "127.0.0.1", "::1"}


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A city that is no demo, though somebody left demo logins there."""
    city = tmp_path / "cities/heidelberg"
    shutil.copytree(CITY, city)
    file = city / "city.toml"
    text = file.read_text(encoding="utf-8")
    assert "demo = true" in text
    file.write_text(text.replace("demo = true", "demo = false"), encoding="utf-8")
    return city


async def test_nobody_is_made_up_outside_a_demo(real: Path) -> None:
    with pytest.raises(LauncherError, match="no demo login for citizen"):
        target.running("http://localhost:8000", [], real, ["citizen"])
    with pytest.raises(LauncherError, match="is no demo"):
        async with target.started(find(str(ROOT / "services/forms")), real, {"citizen": 1}, silent):
            pass


async def test_parts_that_others_use_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASH_KEYCLOAK", "http://localhost:1")
    with pytest.raises(LauncherError, match="MASH_KEYCLOAK names a part that others may use"):
        async with target.started(find(str(ROOT / "services/forms")), CITY, {"citizen": 1}, silent):
            pass


def test_made_up_people_have_one_role_and_passwords_of_their_own(tmp_path: Path) -> None:
    logins: Mapping[str, Sequence[tuple[str, str]]] = target.made_up({"citizen": 3, "clerk": 1})
    cities = target.with_people(CITY, tmp_path / "cities", logins)
    assert [folder.name for folder in cities.iterdir()] == ["heidelberg"]
    people = {person.username: person for person in people_of(cities / "heidelberg")}
    own = {person.username for person in people_of(CITY)}
    assert people.keys() - own == {"load-citizen-1", "load-citizen-2", "load-citizen-3", "load-clerk-1"}
    assert own < people.keys()
    assert people["load-clerk-1"].roles == ("clerk",)
    assert people["load-citizen-2"].password == logins["citizen"][1][1]
    assert len({password for made in logins.values() for _, password in made}) == 4


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What venv and pip would have been asked for, in a checkout of its own."""
    done: list[Path] = []
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks/load.txt").write_text("locust==1\n")

    def make(env: Path, _interpreter: Path, lock: Path) -> None:
        env.mkdir(parents=True, exist_ok=True)
        done.append(lock)

    monkeypatch.setattr(installed, "_make", make)
    return done


async def test_locust_is_installed_once_and_anew_where_its_lock_changed(
    tmp_path: Path, made: list[Path]
) -> None:
    assert await python(tmp_path, silent) == tmp_path / ".mash/load-env/bin/python"
    await python(tmp_path, silent)
    assert made == [tmp_path / "locks/load.txt"]
    (tmp_path / "locks/load.txt").write_text("locust==2\n")
    await python(tmp_path, silent)
    assert len(made) == 2


async def test_an_interrupted_installation_counts_as_none(
    tmp_path: Path, made: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise LauncherError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(installed, "_make", interrupted)
        with pytest.raises(LauncherError, match="no space"):
            await python(tmp_path, silent)
    await python(tmp_path, silent)
    assert len(made) == 1


async def test_pip_without_a_network_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks/load.txt").touch()

    def create(env: Path, **_: object) -> None:
        (env / "bin").mkdir(parents=True)
        pip = env / "bin/python"
        pip.write_text("#!/bin/sh\necho 'ERROR: No matching distribution found for locust==1' >&2\nexit 1\n")
        pip.chmod(0o755)

    monkeypatch.setattr(installed.venv, "create", create)
    with pytest.raises(LauncherError, match=r"No matching distribution.*check the network"):
        await python(tmp_path, silent)
