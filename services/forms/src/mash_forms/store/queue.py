# SPDX-License-Identifier: EUPL-1.2
"""SQL of the desk's list: what a clerk may see of it, how it is narrowed, and where each case's words are."""

from typing import Any

from sqlalchemy import Select, SmallInteger, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from mash_forms.model.application import Application
from mash_forms.model.searching import MOST_FOUND, words_of
from mash_forms.service.ports import QueueFilter
from mash_forms.store.cursor import read_cursor
from mash_forms.store.tables import ID, TIME, applications, search
from mash_sdk.database import Unit


class SearchStore:
    """Keeps the words a case is found by."""

    async def index(self, unit: Unit, application: Application) -> None:
        words = func.to_tsvector("pg_catalog.german", words_of(application))
        await unit.connection.execute(
            insert(search)
            .values(application_id=application.id, words=words)
            .on_conflict_do_nothing(index_elements=["tenant", "application_id"])
        )


def queued(wanted: QueueFilter, after: str | None) -> Select[Any]:
    """The desk's list in its order, behind a cursor."""
    place = (applications.c.submitted_at, applications.c.id)
    query = narrowed(select(applications), wanted)
    # A state has one rank only: without it the index of states gives the order.
    query = query.order_by(*place) if wanted.state else query.order_by(applications.c.rank, *place)
    if after is None:
        return query
    rank, at, last = read_cursor(after)
    behind = (literal(at, TIME), literal(last, ID))
    if wanted.state:
        return query.where(tuple_(*place) > tuple_(*behind))
    return query.where(tuple_(applications.c.rank, *place) > tuple_(literal(rank, SmallInteger), *behind))


def narrowed(query: Select[Any], wanted: QueueFilter) -> Select[Any]:
    """Leave of a query over applications what was asked for, and of that what may be seen."""
    if wanted.offices is not None:
        only = sorted(wanted.offices)
        mine = applications.c.office == only[0] if len(only) == 1 else applications.c.office.in_(only)
        query = query.where(mine)
    if wanted.due_before is not None:
        query = query.where(applications.c.due_on < wanted.due_before)
    if wanted.words is not None:
        query = query.where(applications.c.id.in_(select(func.found(wanted.words, MOST_FOUND))))
    for column, value in (
        (applications.c.state, wanted.state.value if wanted.state else None),
        (applications.c.reference, wanted.reference),
        (applications.c.form, wanted.form),
        (applications.c.office, wanted.office),
        (applications.c.claimed_by, wanted.claimed_by),
    ):
        if value is not None:
            query = query.where(column == value)
    return query
