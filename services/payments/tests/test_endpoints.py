# SPDX-License-Identifier: EUPL-1.2
"""payments.toml of each city says who it is at its payment platform, or why it cannot."""

from pathlib import Path

import pytest

from mash_payments.gateways.endpoints import endpoints, read
from mash_sdk.tenants import TenantError, Tenants

CITIES = Path(__file__).parents[3] / "cities"


def test_every_city_has_an_account() -> None:
    tenants = Tenants.load(CITIES, "http://localhost:8000")
    found = endpoints(tenants)
    assert set(found) == set(tenants)
    assert found["heidelberg"].count("/") == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[xbezahldienste]\noriginator_id = 'a'",
        "[xbezahldienste]\noriginator_id = 'a/b'\nendpoint_id = 'c'",
        "[xbezahldienste]\noriginator_id = ''\nendpoint_id = 'c'",
        f"[xbezahldienste]\noriginator_id = 'a'\nendpoint_id = '{'9' * 37}'",
        "xbezahldienste = 1",
        "[",
    ],
)
def test_what_is_wrong_is_told_with_the_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "payments.toml"
    file.write_text(text)
    with pytest.raises(TenantError, match=r"payments\.toml"):
        read(file)
