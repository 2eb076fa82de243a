# SPDX-License-Identifier: EUPL-1.2
"""The only wiring of forms: what is made, and who gets what."""

from functools import partial
from random import SystemRandom

from mash.forms.v1.forms_pb2_grpc import add_ApplicationServiceServicer_to_server
from mash_forms import events
from mash_forms.api import applications as applications_api
from mash_forms.api import appointments as appointments_api
from mash_forms.api import automation as automation_api
from mash_forms.api import cases as cases_api
from mash_forms.api import holds as holds_api
from mash_forms.api import messages as messages_api
from mash_forms.api import proposals as proposals_api
from mash_forms.api import trail as trail_api
from mash_forms.gateways.calendar_file import ICalendarFile
from mash_forms.gateways.city_files import CityFiles
from mash_forms.gateways.clamav import ClamAv, NoScanner
from mash_forms.gateways.printer import TypstPrinter
from mash_forms.gateways.registers import FileRegisters
from mash_forms.public import LOOK_EVERY, Publication
from mash_forms.rpc import ApplicationRpc
from mash_forms.service import (
    ApplicationService,
    AppointmentService,
    AttachmentService,
    AuditService,
    AutomationService,
    Booking,
    BulkService,
    Cases,
    CaseworkService,
    Catalogue,
    ConversationService,
    CosigningService,
    DeskService,
    DocumentService,
    DraftService,
    FeeService,
    FigureService,
    HoldService,
    KeyKeeping,
    LaterFiles,
    LetterCheck,
    NoticeService,
    PreparationService,
    ProofService,
    ProposalService,
    PublishedCatalogue,
    Refusals,
    Retention,
    ReuseService,
    SignatureCheck,
    SignedDrafts,
)
from mash_forms.settings import Settings
from mash_forms.signals import AUDIT_SEALED
from mash_forms.store import (
    ApplicationStore,
    AppointmentStore,
    AttachmentStore,
    AuditStore,
    ConversationStore,
    CosignatureStore,
    DocumentStore,
    DraftStore,
    EditionStore,
    ExpiryStore,
    FigureStore,
    FormVersionStore,
    HoldStore,
    LetterStore,
    PlainStore,
    ProofStore,
    ProposalStore,
    RunStore,
    SearchStore,
    Vault,
)
from mash_forms.views import (
    account,
    apply,
    bulk,
    catalogue,
    conversations,
    desk,
    desk_appointments,
    handover,
    holds,
    proposals,
    reuse,
    stronger,
    trail,
)
from mash_forms.views import appointments as views_appointments
from mash_forms.views import automation as automation_views
from mash_forms.views import (
    cosigning as cosigning_views,
)
from mash_forms.views import letters as views_letters
from mash_forms.views import proofs as proof_views
from mash_sdk.audit import Sealing
from mash_sdk.clock import Clock, system_clock
from mash_sdk.database import Database
from mash_sdk.program import Program
from mash_sdk.publishing import Publishing
from mash_sdk.rpc import RpcDoor
from mash_sdk.telemetry import count, observed


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    openings = CityFiles(settings.cities)
    files = PublishedCatalogue(openings, EditionStore(), program.database)
    vault = Vault(settings.case_key, settings.case_keys_earlier.split())
    store, versions, letters = ApplicationStore(vault), FormVersionStore(), DocumentStore(vault)
    audit, files_sent = AuditStore(vault), AttachmentStore(vault)
    program.database.on_refusal(Refusals(audit, audit).note)
    signatures, proofs = CosignatureStore(vault), ProofStore()
    cases = Cases(versions, letters, files_sent, files, signatures, proofs)
    calendar = AppointmentStore()
    booking = Booking(calendar, openings, cases)
    retention = Retention(ExpiryStore(), cases, audit, program.database)
    keys = KeyKeeping(PlainStore(vault), program.database)
    sealing = Sealing(audit, program.database, partial(count, AUDIT_SEALED))
    applying = observed(
        ApplicationService(
            store,
            versions,
            letters,
            audit,
            files,
            cases,
            files_sent,
            SearchStore(vault),
            booking,
            SignatureCheck(signatures),
        ),
        "applications",
    )
    draft_store = SignedDrafts(DraftStore(vault), signatures, audit, cases)
    scanner = ClamAv(settings.scanner) if settings.scanner else NoScanner()
    drafts = observed(DraftService(draft_store, versions, files, cases, applying, booking), "drafts")
    attaching = observed(
        AttachmentService(files_sent, draft_store, drafts, store, audit, scanner, program.database),
        "attachments",
    )
    enter_at = partial(program.tenants.url, path="/cosign")
    cosigning = observed(
        CosigningService(signatures, draft_store, drafts, cases, files, audit, enter_at), "cosigning"
    )
    fees = observed(FeeService(store, audit, cases), "fees")
    desk_service = observed(DeskService(store, letters, audit, cases, proofs), "desk")
    talking = observed(ConversationService(store, ConversationStore(vault), audit, cases), "conversations")
    holding = observed(HoldService(HoldStore(), audit, desk_service, audit), "holds")
    appointments = observed(
        AppointmentService(store, calendar, booking, openings, talking, audit, cases, ICalendarFile()),
        "appointments",
    )
    later = observed(LaterFiles(store, files_sent, audit, scanner, program.database), "later-files")
    proving = observed(ProofService(proofs, store, audit), "proofs")
    casework = observed(CaseworkService(store, audit, cases), "casework")
    printer = TypstPrinter()
    proposing = observed(
        ProposalService(ProposalStore(vault), store, desk_service, cases, audit), "proposals"
    )
    issued, registers = LetterStore(), FileRegisters(settings.cities)
    automation = observed(
        AutomationService(
            store,
            RunStore(),
            registers,
            cases,
            files,
            desk_service,
            issued,
            audit,
            SystemRandom().random,
        ),
        "automation",
    )
    ask_at = partial(program.tenants.url, path="/verify")
    documents = observed(
        DocumentService(store, letters, audit, files, cases, printer, issued, ask_at),
        "documents",
    )
    checking = observed(LetterCheck(issued), "letters")
    reusing = observed(ReuseService(store, audit, cases, applying, drafts), "reuse")
    preparing = observed(PreparationService(drafts, cases, files, printer), "preparations")
    notices = observed(NoticeService(store, audit, cases), "notices")
    auditing = observed(AuditService(audit, audit, program.database), "auditing")
    program.http = [
        applications_api.router,
        cases_api.router,
        messages_api.router,
        appointments_api.router,
        trail_api.router,
        holds_api.router,
        proposals_api.router,
        automation_api.router,
        catalogue.router,
        handover.router,
        reuse.router,
        stronger.router,
        cosigning_views.router,
        apply.router,
        account.router,
        views_appointments.router,
        desk_appointments.router,
        desk.router,
        proof_views.router,
        conversations.router,
        bulk.router,
        proposals.router,
        holds.router,
        automation_views.router,
        trail.router,
        views_letters.router,
    ]
    program.rpc = [RpcDoor(add_ApplicationServiceServicer_to_server, ApplicationRpc(notices, cosigning))]
    program.events = events.subscriptions
    program.provides = {
        Catalogue: files,
        ApplicationService: applying,
        DraftService: drafts,
        PreparationService: preparing,
        ReuseService: reusing,
        AttachmentService: attaching,
        FeeService: fees,
        Retention: retention,
        HoldService: holding,
        AuditService: auditing,
        Sealing: sealing,
        KeyKeeping: keys,
        DeskService: desk_service,
        CaseworkService: casework,
        ConversationService: talking,
        CosigningService: cosigning,
        LaterFiles: later,
        Booking: booking,
        AppointmentService: appointments,
        BulkService: observed(BulkService(casework, desk_service, program.database), "bulk"),
        FigureService: observed(FigureService(FigureStore(), cases), "figures"),
        ProofService: proving,
        ProposalService: proposing,
        AutomationService: automation,
        DocumentService: documents,
        LetterCheck: checking,
        Database: program.database,
    }
    program.runs = [retention.run, sealing.run, keys.run]
    program.publishes = Publishing(Publication(files).publish, every=LOOK_EVERY)
    return program
