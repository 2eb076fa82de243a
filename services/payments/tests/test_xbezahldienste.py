# SPDX-License-Identifier: EUPL-1.2
"""What XBezahldienste alone says, and what follows from it."""

import pytest

from mash_payments.gateways.xbezahldienste import XBezahldienste
from mash_payments.service import ProviderSilent, TransactionUnknown
from mash_simulators.started import Started


@pytest.mark.parametrize(
    ("endpoint", "said"), [("mash-demo/08221000", TransactionUnknown), ("mash.demo/08221000", ProviderSilent)]
)
async def test_an_unknown_city_says_nothing_about_its_transactions(
    xbezahldienste: Started, endpoint: str, said: type[Exception]
) -> None:
    """A wrong entry in payments.toml must not end what payers have begun."""
    provider = XBezahldienste(xbezahldienste.origin, "mash", "mash-demo", {"heidelberg": endpoint})
    try:
        with pytest.raises(said):
            await provider.look("heidelberg", "SIM-0")
    finally:
        await provider.close()
