# SPDX-License-Identifier: EUPL-1.2
"""Use cases of forms, by who asks for them. Each takes a command and the door's unit; none commits."""

from mash_forms.service.applications import ApplicationService, Submit
from mash_forms.service.appointments import AppointmentService, Choose
from mash_forms.service.attachments import Attach, AttachmentService, StoredFile
from mash_forms.service.auditing import AuditService
from mash_forms.service.automation import AutomationService, Judgement
from mash_forms.service.booking import Booking, Offered
from mash_forms.service.bulk import Bulk, BulkService, DoAll, Done
from mash_forms.service.cases import Cases
from mash_forms.service.casework import CaseworkService
from mash_forms.service.conversations import ConversationService, Write
from mash_forms.service.cosigning import CosigningService
from mash_forms.service.desk import Decide, DeskService
from mash_forms.service.documents import DocumentService, Printed
from mash_forms.service.drafts import AddRow, Answer, Answered, DraftService, Opened, RemoveRow
from mash_forms.service.editions import PublishedCatalogue
from mash_forms.service.fees import FeeService, Settle
from mash_forms.service.figures import FigureService
from mash_forms.service.holds import HoldService
from mash_forms.service.keys import KeyKeeping
from mash_forms.service.later_files import AttachLater, LaterFiles
from mash_forms.service.letters import LetterCheck
from mash_forms.service.notices import NoticeService
from mash_forms.service.ports import (
    Case,
    Catalogue,
    City,
    Listing,
    Paging,
    QueueFilter,
    Situation,
    StoredDocument,
)
from mash_forms.service.preparations import PreparationService, Prepared
from mash_forms.service.proofs import ProofService
from mash_forms.service.proposals import ProposalService
from mash_forms.service.refusals import Refusals
from mash_forms.service.retention import Retention
from mash_forms.service.reuse import Offer, Reuse, ReuseService
from mash_forms.service.signatures import SignatureCheck, SignedDrafts

__all__ = [
    "AddRow",
    "Answer",
    "Answered",
    "ApplicationService",
    "AppointmentService",
    "Attach",
    "AttachLater",
    "AttachmentService",
    "AuditService",
    "AutomationService",
    "Booking",
    "Bulk",
    "BulkService",
    "Case",
    "Cases",
    "CaseworkService",
    "Catalogue",
    "Choose",
    "City",
    "ConversationService",
    "CosigningService",
    "Decide",
    "DeskService",
    "DoAll",
    "DocumentService",
    "Done",
    "DraftService",
    "FeeService",
    "FigureService",
    "HoldService",
    "Judgement",
    "KeyKeeping",
    "LaterFiles",
    "LetterCheck",
    "Listing",
    "NoticeService",
    "Offer",
    "Offered",
    "Opened",
    "Paging",
    "PreparationService",
    "Prepared",
    "Printed",
    "ProofService",
    "ProposalService",
    "PublishedCatalogue",
    "QueueFilter",
    "Refusals",
    "RemoveRow",
    "Retention",
    "Reuse",
    "ReuseService",
    "Settle",
    "SignatureCheck",
    "SignedDrafts",
    "Situation",
    "StoredDocument",
    "StoredFile",
    "Submit",
    "Write",
]
