# SPDX-License-Identifier: EUPL-1.2
"""The way down to PostgreSQL. Row-level security narrows every statement to the unit's tenant."""

from mash_payments.store.audit import AuditStore as AuditStore
from mash_payments.store.ledger import LedgerStore as LedgerStore
from mash_payments.store.payments import PaymentStore as PaymentStore
from mash_payments.store.statements import StatementStore as StatementStore
