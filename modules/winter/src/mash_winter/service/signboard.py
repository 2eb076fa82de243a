# SPDX-License-Identifier: EUPL-1.2
"""What signs are to show: decided in the transaction that warns, carried out after it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_winter.model.signs import Board, Condition, Sign, Signs, Trail
from mash_winter.service.ports import Warnings

WORK: Final = "signs"
"""What a unit wakes that has ordered something."""


class SignFiles(Protocol):
    async def of(self, tenant: str) -> Signs:
        """The city's signs; none where it has no file."""
        ...


class Boards(Protocol):
    async def lock(self, unit: Unit, sign_ids: Collection[str]) -> Mapping[str, Board]:
        """These boards, new ones too, locked in order until the unit ends."""
        ...

    async def all(self, unit: Unit) -> Mapping[str, Board]: ...

    async def save(self, unit: Unit, board: Board) -> None: ...

    async def forget(self, unit: Unit, sign_ids: Collection[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """A sign, and what is known of it at one moment."""

    sign: Sign
    board: Board
    condition: Condition
    since: datetime | None
    demo: bool


class Signboard:
    def __init__(self, files: SignFiles, boards: Boards, warnings: Warnings) -> None:
        self._files = files
        self._boards = boards
        self._warnings = warnings

    async def order(self, unit: Unit, news: Mapping[str, Trail]) -> None:
        """Order what follows from news of these segments, in the unit that warns: both hold or neither."""
        signs = (await self._files.of(unit.tenant)).signs
        await self._order(unit, [one for one in signs if set(one.segments) & set(news)], news)

    async def look(self, unit: Unit) -> None:
        """Order what follows from the files as they are now; signs in none any more are left alone."""
        signs = (await self._files.of(unit.tenant)).signs
        kept, states = await self._boards.all(unit), await self._warnings.states(unit)
        ordered = {name: board.wanted for name, board in kept.items() if board.wanted_at is not None}
        await self._order(unit, [one for one in signs if ordered.get(one.id) is not one.wanted(states)], {})
        gone = set(kept) - {one.id for one in signs}
        if gone:
            await self._boards.forget(unit, gone)

    async def _order(self, unit: Unit, signs: Sequence[Sign], news: Mapping[str, Trail]) -> None:
        if not signs:
            return
        # The sign is locked before segments are read: who decides on another segment of it at the same time
        # comes after us, and sees what we stored.
        boards = await self._boards.lock(unit, [one.id for one in signs])
        states = await self._warnings.states(unit, {name for one in signs for name in one.segments})
        for sign in signs:
            board = boards[sign.id]
            trail = next((news[one] for one in sign.segments if one in news), None)
            if board.want(sign.wanted(states), unit.clock.now(), trail):
                await self._boards.save(unit, board)
                unit.wake(WORK)

    async def standing(self, unit: Unit) -> Sequence[Standing]:
        """Every sign in the city's file, as it is known now."""
        found, now = await self._files.of(unit.tenant), unit.clock.now()
        boards = await self._boards.all(unit)
        shown = []
        for sign in found.signs:
            board = boards.get(sign.id, Board(sign.id))
            shown.append(Standing(sign, board, board.condition(now), board.since(now), found.demo))
        return shown
