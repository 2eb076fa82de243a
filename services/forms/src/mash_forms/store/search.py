# SPDX-License-Identifier: EUPL-1.2
"""SQL of the words cases are found by. PostgreSQL keeps what only a key makes of each, never the word."""

import re
from collections.abc import Iterable

from sqlalchemy import Select, Text, cast, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR, insert

from mash_forms.model.application import Application
from mash_forms.model.searching import MOST_FOUND, words_of
from mash_forms.store.tables import search
from mash_forms.store.vault import CaseKey, Vault
from mash_sdk.database import Unit

SEARCH = "search"
"""The kind of the one key of a city under which its index is kept: a search asks for many cases at once."""
WHOLE_CITY = "00000000-0000-0000-0000-000000000000"
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_SPLIT = text("select lexeme, positions from unnest(to_tsvector('pg_catalog.german', :words))")
_KEPT = text("select lexeme, positions from unnest((select words from search where application_id = :id))")
_ASKED = text("select websearch_to_tsquery('pg_catalog.german', :words)::text")


class SearchStore:
    """Keeps and asks the index. A word is the same token in all cases of a city, and another in others."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def index(self, unit: Unit, application: Application) -> None:
        found = await unit.connection.execute(_SPLIT, {"words": words_of(application)})
        words = blinded(await self._key(unit), [(row.lexeme, row.positions) for row in found])
        await unit.connection.execute(
            insert(search)
            .values(application_id=application.id, words=cast(literal(words, Text), TSVECTOR), blind=True)
            .on_conflict_do_nothing(index_elements=["tenant", "application_id"])
        )

    async def blind(self, unit: Unit, application_id: str) -> None:
        """Keep the words of a case that a version before kept as they are."""
        found = await unit.connection.execute(_KEPT, {"id": application_id})
        words = blinded(await self._key(unit), [(row.lexeme, row.positions) for row in found])
        await unit.connection.execute(
            update(search)
            .where(search.c.application_id == application_id)
            .values(words=cast(literal(words, Text), TSVECTOR), blind=True)
        )

    async def found(self, unit: Unit, words: str, most: int | None = None) -> Select[tuple[str]]:
        """Return a query for the newest cases with these words."""
        key = await self._key(unit)
        asked = str(await unit.connection.scalar(_ASKED, {"words": words}))
        hidden = _QUOTED.sub(lambda one: f"'{token(key, _plain(one[1]))}'", asked)
        query: Select[tuple[str]] = select(
            func.found_blind(cast(literal(hidden, Text), TSQUERY), words, most or MOST_FOUND)
        )
        return query

    async def holds_more(self, unit: Unit, words: str) -> bool:
        """Tell whether more cases hold these words than one search finds."""
        hits = (await self.found(unit, words, MOST_FOUND + 1)).subquery()
        return (await unit.connection.scalar(select(func.count()).select_from(hits)) or 0) > MOST_FOUND

    async def _key(self, unit: Unit) -> CaseKey:
        return await self._vault.key(unit, WHOLE_CITY, SEARCH)


def token(key: CaseKey, lexeme: str) -> str:
    """Return what stands for a lexeme. Nobody without the key makes it, or a word of it."""
    return key.mark(lexeme.encode()).hex()[:24]


def blinded(key: CaseKey, lexemes: Iterable[tuple[str, list[int] | None]]) -> str:
    """Return a tsvector as PostgreSQL reads it. Places stay, so that phrases are found."""
    return " ".join(
        f"'{token(key, lexeme)}'" + (":" + ",".join(map(str, places)) if places else "")
        for lexeme, places in lexemes
    )


def _plain(quoted: str) -> str:
    return quoted.replace("''", "'").replace("\\\\", "\\")
