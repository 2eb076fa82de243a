# SPDX-License-Identifier: EUPL-1.2
"""What a form need not ask because the login tells it. It is shown as that, and can be changed."""

import re
from collections.abc import Mapping

from mash_forms.model.form import Form
from mash_forms.model.trust import level_of
from mash_sdk.identity import Principal

_HOUSE = re.compile(r"(?P<street>.*\S)\s+(?P<number>[0-9]+ ?[a-zA-Z]?)")
"""Musterstraße 5 a. What is written otherwise is not taken apart: nobody guesses where somebody lives."""


def told(form: Form, who: Principal) -> dict[str, str]:
    """Return what the login tells for a form's fields, by the field's name."""
    address = who.address
    house = _HOUSE.fullmatch(address.street_address)
    known: Mapping[str, str] = {
        "given_name": who.given_name,
        "family_name": who.family_name,
        "email": who.email,
        "birth_date": who.birth_date,
        "street": house["street"] if house else "",
        "house_number": house["number"] if house else "",
        "postal_code": address.postal_code,
        "town": address.locality,
    }
    level = level_of(who.level)
    return {
        name: known[field.prefill]
        for name, field in form.fields.items()
        if known.get(field.prefill) and field.trust_level <= level
    }
