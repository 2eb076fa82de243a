# SPDX-License-Identifier: EUPL-1.2
"""The transactions the simulator holds, optionally kept in a journal so that a kill loses none."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mash_simulators.xbezahldienste.wire import Refusal, Status


@dataclass(frozen=True)
class Transaction:
    """One transaction; times are seconds since the epoch."""

    id: str
    originator: str
    endpoint: str
    request: dict[str, Any]
    created: float
    status: Status = "INITIAL"
    method: str | None = None
    ended: float | None = None
    # A payment that becomes visible only later than the payer was sent back.
    visible: float = 0.0
    # What the control paths want shown instead of the truth, by field of paymentRequest.
    shown: dict[str, Any] = field(default_factory=dict)

    def seen(self, now: float) -> Status:
        """The status a caller gets."""
        return "INITIAL" if self.status == "PAYED" and now < self.visible else self.status


class Register:
    """Transactions by id; a requestId is taken once per originator and endpoint."""

    def __init__(self, journal: Path | None = None, session_seconds: float = 900.0) -> None:
        self.session_seconds = session_seconds
        self._journal = journal
        self._by_id: dict[str, Transaction] = {}
        self._by_request: dict[tuple[str, str, str], str] = {}
        if journal is not None and journal.exists():
            for line in journal.read_text(encoding="utf-8").splitlines():
                try:
                    self._hold(Transaction(**json.loads(line)))
                except ValueError:
                    # Only the last line can be torn, and nobody was told of it.
                    continue

    def open(self, originator: str, endpoint: str, request: dict[str, Any]) -> Transaction:
        """A new transaction; raises Refusal when the requestId is already there."""
        if (originator, endpoint, request["requestId"]) in self._by_request:
            raise Refusal(409, "PAYMENT_EXISTS", "A payment with this requestId exists.")
        return self.keep(
            Transaction(
                id="SIM-" + secrets.token_hex(10).upper(),
                originator=originator,
                endpoint=endpoint,
                request=request,
                created=time.time(),
            )
        )

    def find(self, transaction_id: str) -> Transaction | None:
        """The transaction as it stands now: an unused session ends as FAILED, as the standard demands."""
        found = self._by_id.get(transaction_id)
        now = time.time()
        if found and found.status == "INITIAL" and now > found.created + self.session_seconds:
            found = self.keep(replace(found, status="FAILED", ended=now))
        return found

    def end(
        self, transaction: Transaction, status: Status, method: str | None = None, visible: float = 0.0
    ) -> Transaction:
        """End an open transaction; one that has ended stays as it is."""
        if transaction.status != "INITIAL":
            return transaction
        return self.keep(
            replace(transaction, status=status, method=method, ended=time.time(), visible=visible)
        )

    def keep(self, transaction: Transaction) -> Transaction:
        """Store one version, on disk before anyone is told."""
        if self._journal is not None:
            with self._journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(transaction), ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
        self._hold(transaction)
        return transaction

    def _hold(self, transaction: Transaction) -> None:
        self._by_id[transaction.id] = transaction
        key = (transaction.originator, transaction.endpoint, str(transaction.request["requestId"]))
        self._by_request[key] = transaction.id

    def __iter__(self) -> Iterator[Transaction]:
        return iter([found for key in list(self._by_id) if (found := self.find(key))])
