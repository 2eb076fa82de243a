# SPDX-License-Identifier: EUPL-1.2
"""The whole of notify on one screen."""

from datetime import timedelta

from mash.notify.v1.notices_pb2_grpc import add_NoticeServiceServicer_to_server
from mash_notify import events, views
from mash_notify.api import mailbox as mailbox_api
from mash_notify.api import messages as messages_api
from mash_notify.api import subscriptions as subscriptions_api
from mash_notify.gateways.forms import FormsGateway
from mash_notify.gateways.letters import Letters
from mash_notify.gateways.links import UnsubscribeLinks
from mash_notify.gateways.senders import senders_of
from mash_notify.gateways.sensors import SensorsGateway
from mash_notify.gateways.smtp import SmtpChannel
from mash_notify.rpc import NoticeRpc
from mash_notify.service.backlog import Backlog
from mash_notify.service.mailbox import MailboxService
from mash_notify.service.notices import Notices
from mash_notify.service.offers import Offered, Offers
from mash_notify.service.retention import Keep, Retention
from mash_notify.service.rounds import Rounds
from mash_notify.service.sender import Sender
from mash_notify.service.subscriptions import Subscriptions
from mash_notify.settings import Settings
from mash_notify.store.mailbox import MailboxStore
from mash_notify.store.offers import OfferStore
from mash_notify.store.queue import QueueStore
from mash_notify.store.records import ContactStore, MessageStore
from mash_notify.store.rounds import RoundStore
from mash_notify.store.subscriptions import SubscriptionStore
from mash_sdk.clock import Clock, system_clock
from mash_sdk.program import Program
from mash_sdk.rpc import Peers, RpcDoor
from mash_sdk.telemetry import observed


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    tenants, database = program.tenants, program.database
    peers = Peers(settings, program.name, clock)
    contacts, messages = ContactStore(), MessageStore()
    mailbox, words, sensors = MailboxStore(), Letters(tenants), SensorsGateway(peers, settings.sensors_grpc)
    notices = observed(Notices(contacts, messages, mailbox, words), program.name)
    links = UnsubscribeLinks(tenants, settings.unsubscribe_key)
    subscriptions, round_store = SubscriptionStore(), RoundStore()
    offer_store = OfferStore()
    offered = Offered(database.unit, sensors, offer_store)
    subscribed = Subscriptions(database.unit, subscriptions, contacts, links, offered)
    rounds = Rounds(
        database.unit,
        database.worker_unit,
        round_store,
        subscriptions,
        contacts,
        messages,
        mailbox,
        words,
        links,
    )
    channel = SmtpChannel(settings, senders_of(tenants))
    sender = Sender(QueueStore(database), channel, clock)
    retention = Retention(
        database.worker_unit,
        contacts,
        messages,
        mailbox,
        round_store,
        Keep(
            contacts=timedelta(days=settings.contact_days),
            messages=timedelta(days=settings.message_days),
            entries=timedelta(days=settings.mailbox_days),
        ),
    )
    program.http = [messages_api.router, mailbox_api.router, subscriptions_api.router, views.router]
    offers = observed(Offers(offer_store, rounds), "offers")
    program.rpc = [RpcDoor(add_NoticeServiceServicer_to_server, NoticeRpc(offers))]
    program.events = events.subscriptions
    program.provides = {
        Notices: notices,
        Subscriptions: observed(subscribed, "subscriptions"),
        Rounds: observed(rounds, "rounds"),
        MailboxService: observed(MailboxService(mailbox), "mailbox"),
        events.Applications: FormsGateway(peers, settings.forms_grpc),
        events.Alerts: sensors,
    }
    program.runs = [sender.run, retention.run, Backlog(database.worker_unit, messages).run, rounds.run]
    program.closes = [peers]
    return program
