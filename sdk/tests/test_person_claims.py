# SPDX-License-Identifier: EUPL-1.2
"""What a token says of a person beyond their name: taken as OpenID Connect means it."""

from typing import Any

import pytest

from mash_sdk.identity import Address, _principal


def of(**claims: Any) -> Any:
    return _principal("heidelberg", {"sub": "anna", **claims})


def test_address_and_birth_date_are_told() -> None:
    home = {
        "street_address": " Musterstraße 5 ",
        "postal_code": "69117",
        "locality": "Heidelberg",
        "country": "DE",
    }
    who = of(birthdate="1990-05-17", address=home)
    assert who.birth_date == "1990-05-17"
    assert who.address == Address("Musterstraße 5", "69117", "Heidelberg")


@pytest.mark.parametrize("claim", [None, "", "1990", "0000-05-17", "1990-13-01", 1990, {}, ["1990-05-17"]])
def test_what_is_no_day_is_none(claim: Any) -> None:
    assert of(birthdate=claim).birth_date == ""


@pytest.mark.parametrize(
    "claim", [None, "Musterstraße 5", 5, [], {"street_address": 5, "locality": None}, {}]
)
def test_what_is_no_address_is_none(claim: Any) -> None:
    assert of(address=claim).address == Address()
