# SPDX-License-Identifier: EUPL-1.2
"""What an application costs adds up, in one currency that can be paid, or nobody is asked to pay."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.definition import read_form
from mash_forms.model.filling import MOST_TIMES, fill
from mash_forms.model.form import Form
from mash_forms.model.money import CURRENCIES, MOST, Money, NoSum, together

TODAY = date(2026, 3, 2)


@pytest.fixture
def folder(tmp_path: Path, cities: Path) -> Path:
    return Path(shutil.copytree(cities, tmp_path / "cities"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


async def form(folder: Path) -> Form:
    found = await CityFiles(folder).form("heidelberg", "wohnung")
    assert found is not None
    return found


def costs(form: Form, **answers: Any) -> Money | None:
    return fill(form, {"kind": "second", **answers}, TODAY).fee


async def test_a_fee_in_a_currency_that_no_provider_takes_is_no_fee(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    change(folder / "heidelberg" / "fees.toml", '"EUR"', '"CHF"')
    assert await CityFiles(folder).form("heidelberg", "wohnung") is None
    assert "in CHF; payments take EUR" in caplog.text


async def test_a_kept_form_with_two_currencies_is_read_and_costs_nothing_that_could_be_told(
    folder: Path,
) -> None:
    kept = dict((await form(folder)).definition)
    fees = {name: dict(fee) for name, fee in kept["fees"].items()}
    fees["kopie"]["currency"] = "CHF"
    found = read_form({**kept, "fees": fees})
    assert costs(found, copies=0) == Money(3070)
    filled = fill(found, {"kind": "second", "copies": 1}, TODAY)
    assert (filled.charged(), filled.fee) == (None, None)


async def test_a_fee_is_not_due_without_end(folder: Path) -> None:
    change(folder / "heidelberg" / "forms" / "wohnung.yaml", "copies == null ? 0 : copies", "copies * 5000")
    found = await form(folder)
    assert costs(found, copies=2) == Money(3070 + 250 * MOST_TIMES)
    filled = fill(found, {"kind": "second", "copies": 3}, TODAY)
    assert (filled.charged(), filled.fee) == (None, None)


MONEY = st.builds(Money, st.integers(0, MOST), st.sampled_from([*CURRENCIES, "CHF"]))


@given(st.lists(MONEY, max_size=5))
def test_a_sum_is_exact_or_there_is_none(amounts: list[Money]) -> None:
    currencies = {amount.currency for amount in amounts if amount.cents}
    cents = sum(amount.cents for amount in amounts)
    if len(currencies) > 1 or cents > MOST:
        with pytest.raises(NoSum):
            together(amounts)
    else:
        assert together(amounts) == (Money(cents, *currencies) if cents else None)
