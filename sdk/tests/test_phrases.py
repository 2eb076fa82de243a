# SPDX-License-Identifier: EUPL-1.2
"""Phrases: said in each language, German where there is none, and never half."""

import pytest

from mash_sdk.phrases import LANGUAGES, Phrases

PHRASES = Phrases({"Noch {n} Tage": ("{n} days left", "Sie haben noch {n} Tage Zeit"), "Ja": ("Yes", "Ja")})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Noch 3 Tage"),
        ("en", "3 days left"),
        ("de-simple", "Sie haben noch 3 Tage Zeit"),
        ("fr", "Noch 3 Tage"),
    ],
)
def test_a_phrase_is_said_in_its_language(language: str, said: str) -> None:
    assert PHRASES.say(language)("Noch {n} Tage", n=3) == said


def test_what_is_not_said_is_noticed() -> None:
    assert "Ja" in PHRASES
    assert "Nein" not in PHRASES
    with pytest.raises(KeyError):
        PHRASES.say("en")("Nein")
    with pytest.raises(ValueError, match="Nein"):
        Phrases({"Nein": ("No",)})
    assert len(LANGUAGES) == 3
