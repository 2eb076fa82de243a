# SPDX-License-Identifier: EUPL-1.2
"""What the audit trail's use cases need from outside, as Protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mash_forms.model.audit import Head, Line, Sealed
from mash_sdk.database import Unit


@dataclass(frozen=True)
class Known:
    """What an id stands for (application, draft, document or file), the application it belongs to, and
    whose it is.
    """

    kind: str
    application_id: str
    subject: str


class Trail(Protocol):
    """The audit trail as a chain, and what is looked up in it."""

    async def known(self, unit: Unit, wanted: str) -> Known | None: ...

    async def whose(self, unit: Unit, reference: str) -> str | None:
        """Return the application with a reference."""
        ...

    async def of(self, unit: Unit, application_id: str, limit: int) -> Sequence[Line]: ...

    async def said(self, unit: Unit, lines: Sequence[Line]) -> Mapping[str, str]:
        """Return what was written on lines, by their ids, as far as it can still be read."""
        ...

    async def waiting(self, unit: Unit) -> Sequence[str]:
        """Return the tenants that have lines to be sealed, in a unit of the worker."""
        ...

    async def turn(self, unit: Unit) -> bool:
        """Take the right to seal the unit's tenant's lines until the unit ends; False if another has it."""
        ...

    async def head(self, unit: Unit) -> Head: ...

    async def open(self, unit: Unit, limit: int) -> Sequence[Line]:
        """Return lines that are not sealed, in the order of their ids."""
        ...

    async def oldest_open(self, unit: Unit) -> Line | None: ...

    async def count_open(self, unit: Unit) -> int: ...

    async def seal(self, unit: Unit, lines: Sequence[Sealed]) -> None: ...

    async def sealed(self, unit: Unit, after: int, limit: int) -> Sequence[Sealed]:
        """Return lines behind a number, in order."""
        ...
