# SPDX-License-Identifier: EUPL-1.2
"""What the simulator answers: a transaction as the standard writes it, problems, and answers gone wrong."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from fastapi.responses import JSONResponse, Response

from mash_simulators.faults import Fault
from mash_simulators.faulty import faulty
from mash_simulators.xbezahldienste.register import Transaction
from mash_simulators.xbezahldienste.wire import Refusal

# Said instead of doing anything.
INSTEAD = {
    "error": Refusal(500, "UNSPECIFIED", "The simulator was told to fail."),
    "unavailable": Refusal(503, "UNSPECIFIED", "The simulator was told to be unavailable."),
    "refuse": Refusal(422, "UNSPECIFIED", "The simulator was told to refuse."),
    "forget": Refusal(404, "UNSPECIFIED", "No such transaction."),
}


async def under(fault: Fault | None, act: Callable[[], Awaitable[Response]]) -> Response:
    """Answer as the fault demands: late, not at all, or with a refusal."""
    instead = INSTEAD.get(fault.kind) if fault else None
    return problem_answer(instead) if instead else await faulty(fault, act)


def shown(origin: str, found: Transaction) -> dict[str, Any]:
    """A PaymentTransaction as the standard writes it."""
    status = found.seen(time.time())
    information: dict[str, Any] = {
        "transactionId": found.id,
        "transactionUrl": f"{origin}/paymenttransaction/{found.originator}/{found.endpoint}/{found.id}",
        "transactionReference": found.id.removeprefix("SIM-"),
        "status": status,
    }
    if status == "INITIAL":
        information["transactionRedirectUrl"] = f"{origin}/pay/{found.id}"
    if status == "PAYED":
        information["paymentMethod"] = found.method
        information["transactionTimestamp"] = datetime.fromtimestamp(
            found.ended or found.created, UTC
        ).isoformat(timespec="milliseconds")
    return {"paymentInformation": information, "paymentRequest": {**found.request, **found.shown}}


def problem_answer(problem: Refusal) -> Response:
    """RFC 7807 with the standard's `functionalCode`."""
    return JSONResponse(
        {
            "type": "about:blank",
            "status": problem.status,
            "title": problem.code,
            "detail": problem.detail,
            "functionalCode": problem.code,
        },
        status_code=problem.status,
        media_type="application/problem+json",
    )
