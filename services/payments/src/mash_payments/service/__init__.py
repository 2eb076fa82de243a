# SPDX-License-Identifier: EUPL-1.2
"""The use cases of payments, and the Protocols of what they need."""

from mash_payments.service.bank import BankService as BankService
from mash_payments.service.bank import Imported as Imported
from mash_payments.service.bank import Resolve as Resolve
from mash_payments.service.checkout import Checkout as Checkout
from mash_payments.service.checkout import Started as Started
from mash_payments.service.desk import CashDesk as CashDesk
from mash_payments.service.payments import OpenPayment as OpenPayment
from mash_payments.service.payments import PaymentService as PaymentService
from mash_payments.service.payments import StartPayment as StartPayment
from mash_payments.service.ports import Balance as Balance
from mash_payments.service.ports import Begun as Begun
from mash_payments.service.ports import Booked as Booked
from mash_payments.service.ports import Cities as Cities
from mash_payments.service.ports import Due as Due
from mash_payments.service.ports import KeptLine as KeptLine
from mash_payments.service.ports import KnownStatement as KnownStatement
from mash_payments.service.ports import Message as Message
from mash_payments.service.ports import NotAStatement as NotAStatement
from mash_payments.service.ports import NotGenuine as NotGenuine
from mash_payments.service.ports import NotOffered as NotOffered
from mash_payments.service.ports import Order as Order
from mash_payments.service.ports import PaymentProvider as PaymentProvider
from mash_payments.service.ports import Payments as Payments
from mash_payments.service.ports import ProviderAway as ProviderAway
from mash_payments.service.ports import ProviderError as ProviderError
from mash_payments.service.ports import ProviderRefused as ProviderRefused
from mash_payments.service.ports import ProviderSilent as ProviderSilent
from mash_payments.service.ports import RefundOrder as RefundOrder
from mash_payments.service.ports import RefundSeen as RefundSeen
from mash_payments.service.ports import TransactionUnknown as TransactionUnknown
from mash_payments.service.ports import Units as Units
from mash_payments.service.reconcile import Reconciler as Reconciler
from mash_payments.service.refunds import Refunds as Refunds
from mash_payments.service.refunds import RequestRefund as RequestRefund
from mash_payments.service.returns import Returns as Returns
