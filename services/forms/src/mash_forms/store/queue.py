# SPDX-License-Identifier: EUPL-1.2
"""SQL of the desk's list: what a clerk may see of it, and how it is narrowed."""

from typing import Any

from sqlalchemy import Select, SmallInteger, literal, select, tuple_

from mash_forms.service.ports import QueueFilter
from mash_forms.store.cursor import read_cursor
from mash_forms.store.tables import ID, TIME, applications


def queued(wanted: QueueFilter, after: str | None, words: Select[tuple[str]] | None) -> Select[Any]:
    """The desk's list in its order, behind a cursor; `words` finds those that hold the wanted words."""
    place = (applications.c.submitted_at, applications.c.id)
    query = narrowed(select(applications), wanted)
    if words is not None:
        query = query.where(applications.c.id.in_(words))
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
