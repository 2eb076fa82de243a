# SPDX-License-Identifier: EUPL-1.2
"""The way down to PostgreSQL. Row-level security narrows every statement to the unit's tenant."""

from mash_forms.store.applications import ApplicationStore
from mash_forms.store.appointments import AppointmentStore
from mash_forms.store.attachments import AttachmentStore
from mash_forms.store.audit import AuditStore
from mash_forms.store.conversations import ConversationStore
from mash_forms.store.cosignatures import CosignatureStore
from mash_forms.store.drafts import DraftStore
from mash_forms.store.expiry import ExpiryStore
from mash_forms.store.figures import FigureStore
from mash_forms.store.holds import HoldStore
from mash_forms.store.letters import LetterStore
from mash_forms.store.plain import PlainStore
from mash_forms.store.proofs import ProofStore
from mash_forms.store.proposals import ProposalStore
from mash_forms.store.records import DocumentStore, EditionStore, FormVersionStore
from mash_forms.store.runs import RunStore
from mash_forms.store.search import SearchStore
from mash_forms.store.vault import Unreadable, Vault

__all__ = [
    "ApplicationStore",
    "AppointmentStore",
    "AttachmentStore",
    "AuditStore",
    "ConversationStore",
    "CosignatureStore",
    "DocumentStore",
    "DraftStore",
    "EditionStore",
    "ExpiryStore",
    "FigureStore",
    "FormVersionStore",
    "HoldStore",
    "LetterStore",
    "PlainStore",
    "ProofStore",
    "ProposalStore",
    "RunStore",
    "SearchStore",
    "Unreadable",
    "Vault",
]
