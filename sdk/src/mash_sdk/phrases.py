# SPDX-License-Identifier: EUPL-1.2
"""What a service says itself to people, in the languages of their applications. German is the key."""

from collections.abc import Callable, Mapping
from typing import Final

LANGUAGES: Final = {"de": "Deutsch", "en": "English", "de-simple": "Leichte Sprache"}
"""The languages pages may be in: code and own name."""

Say = Callable[..., str]
"""Gives a German phrase in its language, with `{name}` filled in."""


class Phrases:
    """A service's phrases: German → what is said in the other LANGUAGES, in their order."""

    def __init__(self, table: Mapping[str, tuple[str, ...]]) -> None:
        short = [german for german, others in table.items() if len(others) != len(LANGUAGES) - 1]
        if short:
            raise ValueError(f"not said in every language: {short}")
        self._table = table

    def __contains__(self, german: object) -> bool:
        return german in self._table

    def say(self, language: str) -> Say:
        """Return what gives words in a language; German where there is no such. KeyError: no such phrase."""
        place = {code: at for at, code in enumerate(LANGUAGES)}.get(language, 0)

        def words(german: str, **values: object) -> str:
            told = german if place == 0 else self._table[german][place - 1]
            return told.format(**values) if values else told

        return words
