# SPDX-License-Identifier: EUPL-1.2
"""What we send to Stripe and read from it has the shape Stripe's own `stripe-mock` asks for and gives."""

import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from mash_payments.gateways.stripe import Account, Stripe
from mash_payments.model import Money, RefundState
from mash_payments.service import Order, ProviderSilent, RefundOrder
from mash_sdk.testing.patience import until

PROGRAM = shutil.which("stripe-mock") or next(
    (str(found) for found in [Path.home() / "go/bin/stripe-mock"] if found.exists()), None
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    if PROGRAM is None:
        pytest.skip("stripe-mock is not installed: go install github.com/stripe/stripe-mock")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = int(listener.getsockname()[1])
    process = subprocess.Popen(
        [PROGRAM, "-http-addr", f"127.0.0.1:{free}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield free
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
async def mock(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers={"authorization": "Bearer sk_test_123"}
    ) as client:

        async def answers() -> bool:
            try:
                return (await client.get("/v1/balance")).is_success
            except httpx.TransportError:
                return False

        await until(answers, "stripe-mock does not answer")
        yield client


@pytest.fixture
async def stripe(port: int, mock: httpx.AsyncClient) -> AsyncIterator[Stripe]:
    del mock
    made = Stripe(f"http://127.0.0.1:{port}", {"heidelberg": Account("sk_test_123", "whsec")})
    yield made
    await made.close()


async def test_our_requests_are_ones_stripe_takes(stripe: Stripe, order: Order) -> None:
    """stripe-mock checks each request against Stripe's OpenAPI document; its answers are fixed examples."""
    begun = await stripe.begin("heidelberg", order)
    assert begun.redirect_url.startswith("https://checkout.stripe.com/")
    # Its example of a session has no amount: the request passed, and the answer is not believed.
    for call in (stripe.look, stripe.cancel):
        with pytest.raises(ProviderSilent, match="amount"):
            await call("heidelberg", "cs_test_1")
    refund = RefundOrder("r1", "cs_test_1", Money(100), "Erstattung")
    word = await stripe.refund("heidelberg", refund)
    assert (word.state, word.amount.cents) == (RefundState.DONE, 100)
    assert await stripe.look_refund("heidelberg", refund) is None


async def test_stripe_mock_would_refuse_other_fields(mock: httpx.AsyncClient) -> None:
    """The test above says something: a field Stripe has not is refused."""
    answer = await mock.post("/v1/checkout/sessions", data={"mode": "payment", "invented": "1"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("/v1/checkout/sessions/{session}", "/v1/checkout/sessions/cs_test_1"),
        ("/v1/refunds?payment_intent={intent}", "/v1/refunds"),
    ],
)
async def test_our_simulator_invents_no_fields(
    mock: httpx.AsyncClient, paid_at_stripe: tuple[httpx.AsyncClient, str, str], ours: str, theirs: str
) -> None:
    simulator, session, intent = paid_at_stripe
    said = (await simulator.get(ours.format(session=session, intent=intent))).json()
    example = (await mock.get(theirs)).json()
    said, example = (one["data"][0] if "data" in one else one for one in (said, example))
    assert set(said) - set(example) == set()
    for name, value in said.items():
        if value is not None and example[name] is not None:
            assert type(value) is type(example[name]), name
