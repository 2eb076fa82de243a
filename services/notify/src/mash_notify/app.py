# SPDX-License-Identifier: EUPL-1.2
"""The whole of notify on one screen."""

from datetime import timedelta

from mash_notify import api, events
from mash_notify.gateways.forms import FormsGateway
from mash_notify.gateways.letters import Letters
from mash_notify.gateways.senders import senders_of
from mash_notify.gateways.smtp import SmtpChannel
from mash_notify.service.backlog import Backlog
from mash_notify.service.notices import Notices
from mash_notify.service.retention import Retention
from mash_notify.service.sender import Sender
from mash_notify.settings import Settings
from mash_notify.store.queue import QueueStore
from mash_notify.store.records import ContactStore, MessageStore
from mash_sdk.clock import Clock, system_clock
from mash_sdk.program import Program
from mash_sdk.rpc import Peers
from mash_sdk.telemetry import observed


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    tenants, database = program.tenants, program.database
    peers = Peers(settings, program.name, clock)
    contacts, messages = ContactStore(), MessageStore()
    notices = observed(Notices(contacts, messages, Letters(tenants)), program.name)
    channel = SmtpChannel(settings, senders_of(tenants))
    sender = Sender(QueueStore(database), channel, clock)
    retention = Retention(
        database.worker_unit,
        contacts,
        messages,
        timedelta(days=settings.contact_days),
        timedelta(days=settings.message_days),
    )
    program.http = [api.router]
    program.events = events.subscriptions
    program.provides = {Notices: notices, events.Applications: FormsGateway(peers, settings.forms_grpc)}
    program.runs = [sender.run, retention.run, Backlog(database.worker_unit, messages).run]
    program.closes = [peers]
    return program
