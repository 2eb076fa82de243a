# SPDX-License-Identifier: EUPL-1.2
"""What the login tells is filled in, shown as that, and can be changed; odd claims fill in nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

FORM = "/pages/apply/kindergeld"
HOME = {"street_address": "Musterstraße 5 a", "postal_code": "69117", "locality": "Heidelberg"}
SAID = "Aus Ihrer Anmeldung übernommen; Sie können es ändern."


@pytest.fixture
async def real(bench_of: Callable[..., Awaitable[Bench]]) -> Bench:
    return await bench_of("mash_forms")


def value_of(page: str, name: str) -> str:
    """What stands in a text field."""
    _, _, rest = page.partition(f'name="{name}"')
    return rest.partition('value="')[2].partition('"')[0]


async def step(bench: Bench, which: str, **claims: Any) -> str:
    """A step of a form that was begun with these claims."""
    anna = bench.client(subject=new_id(), **claims)
    draft = new_id()
    first = {
        "csrf": CSRF,
        "action": "next",
        "given_name": "Anna",
        "family_name": "B",
        "email": "a@example.org",
    }
    assert (await anna.post(f"{FORM}/{draft}/person", data=first)).status_code == 303
    return (await anna.get(f"{FORM}/{draft}/{which}")).text


async def test_address_and_birth_date_are_filled_in_and_said_to_be_from_the_login(real: Bench) -> None:
    page = await step(real, "address", address=HOME, birthdate="1990-05-17")
    told = {name: value_of(page, name) for name in ("street", "house_number", "postal_code", "town")}
    assert told == {
        "street": "Musterstraße", "house_number": "5 a", "postal_code": "69117", "town": "Heidelberg",
    }  # fmt: skip
    assert page.count(SAID) == 4
    assert "Demodaten" in page
    page = await step(real, "about", address=HOME, birthdate="1990-05-17")
    assert value_of(page, "birth_date") == "1990-05-17"
    assert page.count(SAID) == 1


async def test_what_was_changed_is_not_said_to_be_from_the_login(real: Bench) -> None:
    anna = real.client(subject="anna", given_name="Anna", family_name="Beispiel", email="anna@example.org")
    draft = new_id()
    blank = (await anna.get(FORM)).text
    assert blank.count(SAID) == 3
    first = {"given_name": "Anne", "family_name": "Beispiel", "email": "anna@example.org"}
    await anna.post(f"{FORM}/{draft}/person", data={"csrf": CSRF, "action": "later", **first})
    page = (await anna.get(f"{FORM}/{draft}/person")).text
    assert value_of(page, "given_name") == "Anne"
    assert page.count(SAID) == 2


@pytest.mark.parametrize(
    ("claims", "empty"),
    [
        ({}, {"street", "house_number", "postal_code", "town"}),
        ({"address": "Musterstraße 5"}, {"street", "house_number", "postal_code", "town"}),
        ({"address": {"street_address": 5, "locality": ["x"]}}, {"street", "town"}),
        ({"address": {**HOME, "street_address": "C 4, 12-14"}}, {"street", "house_number"}),
        ({"address": {**HOME, "street_address": "Am Markt"}}, {"street", "house_number"}),
    ],
)
async def test_an_address_that_cannot_be_told_apart_fills_in_nothing_wrong(
    real: Bench, claims: dict[str, Any], empty: set[str]
) -> None:
    page = await step(real, "address", **claims)
    assert {name for name in empty if value_of(page, name)} == set()


@pytest.mark.parametrize("claim", ["1990", "0000-05-17", "17.5.1990", 1990, None, ["1990-05-17"]])
async def test_a_birth_date_that_is_no_day_is_left_out(real: Bench, claim: object) -> None:
    assert value_of(await step(real, "about", birthdate=claim), "birth_date") == ""
