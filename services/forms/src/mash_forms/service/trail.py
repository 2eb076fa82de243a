# SPDX-License-Identifier: EUPL-1.2
"""What the audit trail's use cases need from outside, as Protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mash_forms.model.audit import Line
from mash_sdk.audit import Chained
from mash_sdk.database import Unit


@dataclass(frozen=True)
class Known:
    """What an id stands for (application, draft, document or file), the application it belongs to, and
    whose it is.
    """

    kind: str
    application_id: str
    subject: str


class Trail(Chained[Line], Protocol):
    """The audit trail as a chain, and what is looked up in it."""

    async def known(self, unit: Unit, wanted: str) -> Known | None: ...

    async def whose(self, unit: Unit, reference: str) -> str | None:
        """Return the application with a reference."""
        ...

    async def of(self, unit: Unit, application_id: str, limit: int) -> Sequence[Line]: ...

    async def said(self, unit: Unit, lines: Sequence[Line]) -> Mapping[str, str]:
        """Return what was written on lines, by their ids, as far as it can still be read."""
        ...
