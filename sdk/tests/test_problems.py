# SPDX-License-Identifier: EUPL-1.2
"""Pointers into what was sent (RFC 6901)."""

from hypothesis import given
from hypothesis import strategies as st

from mash_sdk.problems import pointer


def followed(where: str) -> list[str]:
    """As RFC 6901, section 4, reads a pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in where.split("/")[1:]]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(0, 99)))
def test_a_pointer_leads_to_what_it_was_made_for(parts: list[str | int]) -> None:
    assert followed(pointer(*parts)) == [str(part) for part in parts]


@given(st.text())
def test_a_pointer_can_be_sent(key: str) -> None:
    pointer(key).encode()
