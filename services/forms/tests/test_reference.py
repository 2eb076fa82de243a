# SPDX-License-Identifier: EUPL-1.2
"""Reference numbers: stable, readable, and a slip of the pen is noticed."""

from hypothesis import given
from hypothesis import strategies as st

from mash_forms.model.reference import ALPHABET, is_reference, read_reference, reference_of
from mash_sdk.ids import new_id

PREFIXES = st.sampled_from(["HD", "MA", "HN", "B", "TEST"])


@given(PREFIXES, st.uuids(), st.integers(0, 3))
def test_made_references_are_right(prefix: str, made_of: object, attempt: int) -> None:
    reference = reference_of(prefix, str(made_of), attempt)
    assert is_reference(reference)
    assert reference == reference_of(prefix, str(made_of), attempt)
    assert not set(reference.split("-", 1)[1]) & set("01ILOSU")


def test_another_attempt_gives_another_reference() -> None:
    application_id = new_id()
    assert len({reference_of("HD", application_id, attempt) for attempt in range(5)}) == 5


@given(st.uuids(), st.data())
def test_one_wrong_character_is_noticed(made_of: object, data: st.DataObject) -> None:
    reference = reference_of("HD", str(made_of))
    places = [place for place, letter in enumerate(reference) if place > 2 and letter != "-"]
    place = data.draw(st.sampled_from(places))
    wrong = data.draw(st.sampled_from([letter for letter in ALPHABET if letter != reference[place]]))
    assert not is_reference(reference[:place] + wrong + reference[place + 1 :])


@given(st.uuids(), st.integers(0, 6))
def test_two_swapped_characters_are_noticed(made_of: object, place: int) -> None:
    prefix, body = reference_of("HD", str(made_of)).split("-", 1)
    letters = list(body.replace("-", ""))
    if letters[place] == letters[place + 1]:
        return
    letters[place], letters[place + 1] = letters[place + 1], letters[place]
    assert not is_reference(f"{prefix}-{''.join(letters[:4])}-{''.join(letters[4:])}")


def test_another_citys_prefix_is_noticed() -> None:
    body = reference_of("HD", new_id()).removeprefix("HD")
    assert not is_reference("MA" + body)


def test_read_as_people_type_it() -> None:
    reference = reference_of("HD", new_id())
    bare = reference.replace("-", "")
    for typed in (
        reference.lower(),
        f"  {reference} ",
        reference.replace("-", " "),
        bare,
        reference.replace("-", "–"),
    ):
        assert read_reference(typed) == reference
    for typed in ("", "HD", "HD-0000-0000", "drop table"):
        assert read_reference(typed) is None
