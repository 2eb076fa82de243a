# SPDX-License-Identifier: EUPL-1.2
"""Every state of a provider has a meaning here, and every state here one at FIT-Connect."""

from typing import get_args

from mash_payments.gateways import paypal, stripe, xbezahldienste
from mash_payments.gateways.girocheckout import ABORTED, FAILED, PAID, state
from mash_payments.model import AttemptState, PaymentState, RefundState
from mash_payments.model.states import FIT_CONNECT
from mash_payments.views import words
from mash_simulators.xbezahldienste.wire import Status


def test_xbezahldienste() -> None:
    assert set(xbezahldienste.STATES) == {"INITIAL", "PAYED", "CANCELED", "FAILED"} == set(get_args(Status))
    assert {name: at.value for name, at in xbezahldienste.STATES.items()} == {
        name: name for name in xbezahldienste.STATES
    }


def test_paypal() -> None:
    """The enumerations of PayPal's OpenAPI documents: order_status, capture_status, refund_status."""
    assert set(paypal.ORDERS) == {
        *("CREATED", "SAVED", "APPROVED", "VOIDED", "COMPLETED", "PAYER_ACTION_REQUIRED"),
    }
    assert set(paypal.CAPTURES) == {
        *("COMPLETED", "DECLINED", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "FAILED"),
    }
    assert set(paypal.REFUNDS) == {"CANCELLED", "FAILED", "PENDING", "COMPLETED"}
    assert AttemptState.PAYED not in paypal.ORDERS.values(), "an order without a capture is not paid"


def test_stripe() -> None:
    """`status` and `payment_status` of a session; no_payment_required is for sessions over nothing."""
    assert {status for status, _ in stripe.STATES} == {"open", "complete", "expired"}
    assert {paid for _, paid in stripe.STATES} == {"paid", "unpaid"}
    assert {key for key, at in stripe.STATES.items() if at is AttemptState.PAYED} == {("complete", "paid")}
    assert set(stripe.REFUNDS) == {"pending", "requires_action", "succeeded", "failed", "canceled"}


def test_girocheckout() -> None:
    assert [state(code) for code in (PAID, ABORTED, None, 4500)] == [
        *(AttemptState.PAYED, AttemptState.CANCELED, AttemptState.INITIAL, AttemptState.INITIAL),
    ]
    assert {state(code) for code in FAILED} == {AttemptState.FAILED}
    assert FAILED & {PAID, ABORTED, 4500} == set()


def test_fit_connect_says_booked_where_xbezahldienste_says_payed() -> None:
    assert set(FIT_CONNECT) == set(AttemptState)
    assert FIT_CONNECT[AttemptState.PAYED] == "BOOKED"
    assert {at for at, said in FIT_CONNECT.items() if said == "BOOKED"} == {AttemptState.PAYED}


def test_people_read_a_word_for_every_state() -> None:
    assert set(words.ATTEMPTS) == set(AttemptState)
    assert set(words.PAYMENTS) == set(PaymentState)
    assert set(words.REFUNDS) == set(RefundState)
