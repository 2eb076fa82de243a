# SPDX-License-Identifier: EUPL-1.2
"""The only wiring of forms: what is made, and who gets what."""

from mash.forms.v1.forms_pb2_grpc import add_ApplicationServiceServicer_to_server
from mash_forms import events
from mash_forms.api import applications as applications_api
from mash_forms.api import cases as cases_api
from mash_forms.api import messages as messages_api
from mash_forms.gateways.city_files import CityFiles
from mash_forms.gateways.clamav import ClamAv, NoScanner
from mash_forms.gateways.printer import TypstPrinter
from mash_forms.public import LOOK_EVERY, Publication
from mash_forms.rpc import ApplicationRpc
from mash_forms.service import (
    ApplicationService,
    AttachmentService,
    BulkService,
    Cases,
    CaseworkService,
    Catalogue,
    ConversationService,
    DeskService,
    DocumentService,
    DraftService,
    FeeService,
    FigureService,
    LaterFiles,
    NoticeService,
    PreparationService,
    PublishedCatalogue,
    Retention,
    ReuseService,
)
from mash_forms.settings import Settings
from mash_forms.store import (
    ApplicationStore,
    AttachmentStore,
    AuditStore,
    ConversationStore,
    DocumentStore,
    DraftStore,
    EditionStore,
    ExpiryStore,
    FigureStore,
    FormVersionStore,
    SearchStore,
)
from mash_forms.views import account, apply, bulk, catalogue, conversations, desk, handover, reuse
from mash_sdk.clock import Clock, system_clock
from mash_sdk.database import Database
from mash_sdk.program import Program
from mash_sdk.publishing import Publishing
from mash_sdk.rpc import RpcDoor
from mash_sdk.telemetry import observed


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    files = PublishedCatalogue(CityFiles(settings.cities), EditionStore(), program.database)
    store, versions, letters, audit = ApplicationStore(), FormVersionStore(), DocumentStore(), AuditStore()
    files_sent = AttachmentStore()
    cases = Cases(versions, letters, files_sent, files)
    retention = Retention(ExpiryStore(), cases, audit, program.database)
    applying = observed(
        ApplicationService(store, versions, letters, audit, files, cases, files_sent, SearchStore()),
        "applications",
    )
    draft_store, scanner = DraftStore(), ClamAv(settings.scanner) if settings.scanner else NoScanner()
    drafts = observed(DraftService(draft_store, versions, files, cases, applying), "drafts")
    attaching = observed(
        AttachmentService(files_sent, draft_store, drafts, store, audit, scanner, program.database),
        "attachments",
    )
    fees = observed(FeeService(store, audit, cases), "fees")
    desk_service = observed(DeskService(store, letters, audit, cases), "desk")
    talking = observed(ConversationService(store, ConversationStore(), audit, cases), "conversations")
    later = observed(LaterFiles(store, files_sent, audit, scanner, program.database), "later-files")
    casework = observed(CaseworkService(store, audit, cases), "casework")
    printer = TypstPrinter()
    documents = observed(DocumentService(store, letters, audit, files, cases, printer), "documents")
    reusing = observed(ReuseService(store, audit, cases, applying, drafts), "reuse")
    preparing = observed(PreparationService(drafts, cases, files, printer), "preparations")
    notices = observed(NoticeService(store, audit, cases), "notices")
    program.http = [
        applications_api.router,
        cases_api.router,
        messages_api.router,
        catalogue.router,
        handover.router,
        reuse.router,
        apply.router,
        account.router,
        desk.router,
        conversations.router,
        bulk.router,
    ]
    program.rpc = [RpcDoor(add_ApplicationServiceServicer_to_server, ApplicationRpc(notices))]
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
        DeskService: desk_service,
        CaseworkService: casework,
        ConversationService: talking,
        LaterFiles: later,
        BulkService: observed(BulkService(casework, desk_service, program.database), "bulk"),
        FigureService: observed(FigureService(FigureStore(), cases), "figures"),
        DocumentService: documents,
        Database: program.database,
    }
    program.runs = [retention.run]
    program.publishes = Publishing(Publication(files).publish, every=LOOK_EVERY)
    return program
