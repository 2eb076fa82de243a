# SPDX-License-Identifier: EUPL-1.2
"""The only wiring of payments: what is made, and who gets what."""

from mash_payments import api, events, views
from mash_payments.gateways.endpoints import endpoints
from mash_payments.gateways.xbezahldienste import XBezahldienste
from mash_payments.service import Checkout, PaymentService, Reconciler, Returns
from mash_payments.settings import Settings
from mash_payments.store import PaymentStore
from mash_sdk.clock import Clock, system_clock
from mash_sdk.program import Program
from mash_sdk.telemetry import observed


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    program = Program(package=__package__, settings=settings, clock=clock)
    tenants, database = program.tenants, program.database
    store = PaymentStore()
    provider = XBezahldienste(
        settings.xbezahldienste_url,
        settings.xbezahldienste_client_id,
        settings.xbezahldienste_client_secret.get_secret_value(),
        endpoints(tenants),
        settings.provider_seconds,
    )
    payments = observed(PaymentService(store, provider.name), "payments")
    returns = Returns(settings.return_secret.get_secret_value(), tenants.url)
    checkout = observed(Checkout(payments, provider, database, returns), "checkout")
    reconciler = Reconciler(
        checkout, store, database, every=settings.look_every, at_once=settings.look_at_once
    )
    program.http = [api.router, views.router]
    program.events = events.subscriptions
    program.provides = {PaymentService: payments, Checkout: checkout, Reconciler: reconciler}
    program.runs = [reconciler.run]
    program.closes = [provider]
    return program
