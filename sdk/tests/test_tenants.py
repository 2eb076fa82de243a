# SPDX-License-Identifier: EUPL-1.2
"""The cities' folders: one that cannot be used is left out and said, the others are served."""

import logging
from pathlib import Path

import pytest

from mash_sdk.tenants import RESERVED, TenantError, Tenants, read

URL = "http://localhost:8000"


def city(folder: Path, name: str, text: str | None = None) -> None:
    (folder / name).mkdir()
    whole = f'name = "{name}"\ntitle = "A"\nfull_title = "Stadt A"\nags = "08000000"\n'
    (folder / name / "city.toml").write_text(whole if text is None else text, encoding="utf-8")


FAULTY = [
    ('name = "ulm"\ntitle = "Ulm"\nfull_title = "Ulm"\nags = ""\n', "ags"),
    ('name = "ulm"\nags = "08000000"\n', "title is missing; full_title is missing"),
    ('name = "bonn"\ntitle = "Ulm"\nfull_title = "Ulm"\nags = "08000000"\n', "name is 'bonn'"),
    ('name = "ulm"\ntitle = "Ulm"\nfull_title = "Ulm"\nags = "08000000"\nlanguages = []\n', "languages"),
    ("name = ulm", "line 1"),
    ("", "name is missing"),
]


@pytest.mark.parametrize(("text", "reason"), FAULTY)
def test_a_faulty_city_is_left_out_in_one_sentence(
    text: str, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    city(tmp_path, "adorf")
    city(tmp_path, "ulm", text)
    with caplog.at_level(logging.ERROR):
        assert list(Tenants.load(tmp_path, URL)) == ["adorf"]
    (record,) = caplog.records
    assert record.exc_info is None
    assert f"{tmp_path}/ulm/city.toml: " in record.getMessage()
    assert reason in record.getMessage()
    assert "\n" not in record.getMessage()


def test_what_is_no_text_is_left_out(tmp_path: Path) -> None:
    city(tmp_path, "adorf")
    city(tmp_path, "ulm")
    (tmp_path / "ulm" / "city.toml").write_bytes(b"\xff\xfe")
    city(tmp_path, "bonn")
    (tmp_path / "bonn" / "city.toml").unlink()
    (tmp_path / "bonn" / "city.toml").mkdir()
    found, left_out = read(tmp_path)
    assert (list(found), sorted(left_out)) == (["adorf"], ["bonn", "ulm"])


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_name_is_left_out(name: str, tmp_path: Path) -> None:
    city(tmp_path, "adorf")
    city(tmp_path, name)
    found, left_out = read(tmp_path)
    assert list(found) == ["adorf"]
    assert f"{name!r} is a name the platform itself uses; choose another" in left_out[name]


def test_the_platforms_own_names_are_reserved() -> None:
    assert {"ops", "operators", "api", "assets", "healthz", "login", "callback", "master"} <= RESERVED


def test_without_any_city_that_can_be_used_there_is_no_start(tmp_path: Path) -> None:
    with pytest.raises(TenantError, match="holds no city"):
        Tenants.load(tmp_path, URL)
    city(tmp_path, "ulm", "")
    with pytest.raises(TenantError, match=r"ulm/city\.toml: name is missing"):
        Tenants.load(tmp_path, URL)
