# SPDX-License-Identifier: EUPL-1.2
"""The only wiring of payments: what is made, and who gets what."""

from functools import partial

from mash_payments import api, events
from mash_payments.gateways import camt053, city_files
from mash_payments.gateways.girocheckout import GiroCheckout
from mash_payments.gateways.paypal import PayPal
from mash_payments.gateways.stripe import Stripe
from mash_payments.gateways.xbezahldienste import XBezahldienste
from mash_payments.service import (
    BankService,
    CashDesk,
    Checkout,
    DeadlineService,
    PaymentProvider,
    PaymentService,
    Reconciler,
    Refunds,
    Refusals,
    Returns,
)
from mash_payments.settings import Settings
from mash_payments.signals import AUDIT_SEALED
from mash_payments.store import AuditStore, LedgerStore, PaymentStore, StatementStore
from mash_payments.views import citizen, desk
from mash_sdk.audit import Sealing
from mash_sdk.clock import Clock, system_clock
from mash_sdk.database import Database
from mash_sdk.program import Program
from mash_sdk.telemetry import count, observed


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    tenants, database = program.tenants, program.database
    store, audit = PaymentStore(), AuditStore()
    database.on_refusal(Refusals(audit).note)
    sealing = Sealing(audit, database, partial(count, AUDIT_SEALED))
    cities = city_files.load(tenants, settings.accounts.get_secret_value())
    seconds = settings.provider_seconds
    providers: list[PaymentProvider] = [
        XBezahldienste(
            settings.xbezahldienste_url,
            settings.xbezahldienste_client_id,
            settings.xbezahldienste_client_secret.get_secret_value(),
            cities.endpoints,
            seconds,
        ),
        Stripe(settings.stripe_url, cities.stripe, seconds),
        PayPal(settings.paypal_url, cities.paypal, seconds),
        GiroCheckout(settings.girocheckout_url, cities.girocheckout, seconds),
    ]
    by_name = {provider.name: provider for provider in providers}
    payments = observed(PaymentService(store, cities), "payments")
    returns = Returns(settings.return_secret.get_secret_value(), tenants.url)
    checkout = observed(Checkout(payments, by_name, database, returns), "checkout")
    statements, books = StatementStore(), LedgerStore()
    refunds = observed(Refunds(store, by_name, database, audit), "refunds")
    bank = observed(BankService(store, statements, books, camt053.read, audit), "bank")
    cash = observed(CashDesk(store, books, statements, audit), "desk")
    deadlines = observed(DeadlineService(store, database), "deadlines")
    reconciler = Reconciler(
        checkout,
        refunds,
        deadlines,
        store,
        database,
        every=settings.look_every,
        at_once=settings.look_at_once,
    )
    program.http = [api.router, citizen.router, desk.router]
    program.events = events.subscriptions
    program.provides = {
        Database: program.database,
        PaymentService: payments,
        Checkout: checkout,
        Reconciler: reconciler,
        Refunds: refunds,
        BankService: bank,
        CashDesk: cash,
        Sealing: sealing,
    }
    program.runs = [reconciler.run, sealing.run]
    program.closes = [*providers]
    return program
