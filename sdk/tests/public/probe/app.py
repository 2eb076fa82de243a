# SPDX-License-Identifier: EUPL-1.2
"""A notice board: everybody may read it, so it is published."""

import json
from typing import Annotated

from fastapi import Depends
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from mash_sdk.clock import Clock, system_clock
from mash_sdk.database import Unit
from mash_sdk.http import Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import NotFound
from mash_sdk.program import Program
from mash_sdk.public import Document
from mash_sdk.publishing import Publishing
from mash_sdk.settings import Settings

Anyone = Annotated[Principal, Depends(Allow.anyone())]
NOTES = "/api/board/v1/notes"

router = Router(prefix=NOTES)


async def notes_of(unit: Unit) -> dict[str, str]:
    rows = await unit.connection.execute(text("select name, words from notes order by name"))
    return {row.name: row.words for row in rows}


def board(notes: dict[str, str]) -> Document:
    return Document(NOTES, json.dumps(sorted(notes)).encode(), max_age=60)


def one(name: str, words: str) -> Document:
    return Document(f"{NOTES}/{name}", words.encode(), "text/plain; charset=utf-8")


async def publish(unit: Unit) -> None:
    notes = await notes_of(unit)
    documents = [board(notes), *(one(*note) for note in notes.items())]
    unit.publish(*documents)
    unit.withdraw(*(await unit.published() - {document.path for document in documents}))


@router.get("")
async def all_notes(request: Request, who: Anyone, unit: InUnit) -> Response:
    """All notes."""
    return board(await notes_of(unit)).answer(request)


@router.get("/{name}")
async def note(request: Request, who: Anyone, unit: InUnit, name: str) -> Response:
    """One note."""
    words = (await notes_of(unit)).get(name)
    if words is None:
        raise NotFound("There is no such note.")
    return one(name, words).answer(request)


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package="mash_board", settings=settings, clock=clock)
    program.http = [router]
    program.publishes = Publishing(publish)
    return program
