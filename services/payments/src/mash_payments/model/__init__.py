# SPDX-License-Identifier: EUPL-1.2
"""The domain of payments: types, rules, what happened. No I/O, no framework, no clock of its own."""

from mash_payments.model.deadlines import Deadlines as Deadlines
from mash_payments.model.deadlines import Terms as Terms
from mash_payments.model.ledger import Booking as Booking
from mash_payments.model.ledger import Entry as Entry
from mash_payments.model.methods import METHODS as METHODS
from mash_payments.model.methods import USED as USED
from mash_payments.model.methods import Method as Method
from mash_payments.model.numbers import NumberRule as NumberRule
from mash_payments.model.numbers import compact as compact
from mash_payments.model.numbers import has_card_number as has_card_number
from mash_payments.model.numbers import is_receipt_number as is_receipt_number
from mash_payments.model.numbers import receipt_numbers_in as receipt_numbers_in
from mash_payments.model.numbers import without_card_numbers as without_card_numbers
from mash_payments.model.payment import AFTERLOOKS as AFTERLOOKS
from mash_payments.model.payment import ENDED as ENDED
from mash_payments.model.payment import FORGOTTEN_LOOKS as FORGOTTEN_LOOKS
from mash_payments.model.payment import LATEST as LATEST
from mash_payments.model.payment import ON_ITS_WAY as ON_ITS_WAY
from mash_payments.model.payment import SOONEST as SOONEST
from mash_payments.model.payment import Attempt as Attempt
from mash_payments.model.payment import Payment as Payment
from mash_payments.model.refund import NotRefundable as NotRefundable
from mash_payments.model.refund import Refund as Refund
from mash_payments.model.statement import Line as Line
from mash_payments.model.statement import LineState as LineState
from mash_payments.model.statement import Reason as Reason
from mash_payments.model.statement import Statement as Statement
from mash_payments.model.states import AttemptState as AttemptState
from mash_payments.model.states import Change as Change
from mash_payments.model.states import Flag as Flag
from mash_payments.model.states import Money as Money
from mash_payments.model.states import PaymentState as PaymentState
from mash_payments.model.states import RefundState as RefundState
from mash_payments.model.states import Seen as Seen
