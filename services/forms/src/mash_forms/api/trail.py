# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP. The audit trail's chain for programs."""

from typing import Annotated

from fastapi import Depends, Query

from mash_forms.public import View
from mash_forms.service import AuditService
from mash_sdk.audit import Head
from mash_sdk.http import Allow, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import Fault, Invalid
from mash_sdk.provide import Provide

router = Router(prefix="/api/forms/v1", tags=["forms"])

Auditor = Annotated[Principal, Depends(Allow("auditor"))]
Auditing = Annotated[AuditService, Provide(AuditService)]


class AuditView(View):
    """`head` is the number and hash of the last line that holds; `open` counts lines not sealed yet.

    `why`: a line is missing, altered, late (kept from being sealed), or the end was cut off.
    """

    head: str
    open: int
    holds: bool
    broken_at: int | None
    why: str | None
    line: str | None


@router.get("/audit")
async def audit(
    who: Auditor,
    auditing: Auditing,
    noted: Annotated[str | None, Query(max_length=100, description="a head noted down earlier")] = None,
) -> AuditView:
    """Whether the chain of the audit trail holds, from its first line to its last."""
    try:
        head = Head.read(noted) if noted is not None else None
    except ValueError as err:
        fault = Fault("?noted", "ist kein Kettenende", "So senden, wie es in `head` stand.")
        raise Invalid("Dieses Kettenende ist nicht richtig geschrieben.", errors=[fault]) from err
    verdict = await auditing.verify(who, head)
    broken = verdict.broken
    return AuditView(
        head=str(verdict.head),
        open=verdict.open,
        holds=broken is None,
        broken_at=broken.number if broken else None,
        why=broken.why if broken else None,
        line=broken.line.id if broken and broken.line else None,
    )
