# SPDX-License-Identifier: EUPL-1.2
"""payments.toml of each city says how it takes payments, or why it cannot."""

import json
import shutil
from pathlib import Path

import pytest

from mash_payments.gateways.city_files import load, read
from mash_payments.model import is_receipt_number
from mash_sdk.tenants import TenantError, Tenants

CITIES = Path(__file__).parents[3] / "cities"
SECRETS = json.dumps(
    {
        "*": {"stripe": {"key": "k", "webhook_secret": "w"}, "paypal": "s", "girocheckout": "p"},
        "mannheim": {"paypal": "own"},
    }
)
PLATFORM = "[xbezahldienste]\noriginator_id = 'a'\nendpoint_id = 'b'\n"


def codes(folder: Path, secrets: str, city: str) -> list[str]:
    found = load(Tenants.load(folder, "http://localhost:8000"), secrets)
    return [method.code for method in found.methods(city)]


def test_a_city_offers_what_it_names_and_has_secrets_for() -> None:
    assert codes(CITIES, SECRETS, "heidelberg") == ["platform", "card", "paypal", "wero"]
    assert codes(CITIES, SECRETS, "mannheim") == ["platform", "paypal"]
    assert codes(CITIES, "{}", "heidelberg") == ["platform"]


def test_a_city_whose_file_is_wrong_leaves_the_others_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(CITIES, tmp_path / "cities")
    (tmp_path / "cities/heidelberg/payments.toml").write_text("methods = ['card']")
    assert codes(tmp_path / "cities", SECRETS, "heidelberg") == []
    assert codes(tmp_path / "cities", SECRETS, "heilbronn") == ["platform", "card", "paypal", "wero"]
    assert "heidelberg takes no payments" in caplog.text
    assert "card needs [stripe]" in caplog.text


def test_the_order_is_the_citys_and_numbers_follow_its_rule(tmp_path: Path) -> None:
    shutil.copytree(CITIES, tmp_path / "cities")
    rule = "[receipt_numbers]\nprefix = 'HD'\ndigits = 6\ngroup = 6\n"
    file = tmp_path / "cities/heidelberg/payments.toml"
    file.write_text(
        "methods = ['paypal', 'platform']\n[paypal]\nclient_id='c'\nwebhook_id='w'\n" + PLATFORM + rule
    )
    found = load(Tenants.load(tmp_path / "cities", "http://localhost:8000"), SECRETS)
    assert [method.code for method in found.methods("heidelberg")] == ["paypal", "platform"]
    assert found.numbers("heidelberg").number(2026, 42) == "HD-202600-004288"
    assert is_receipt_number("HD-202600-004288")


@pytest.mark.parametrize(
    "text",
    [
        "[xbezahldienste]\noriginator_id = 'a'",
        "[xbezahldienste]\noriginator_id = 'a/b'\nendpoint_id = 'c'",
        "[xbezahldienste]\noriginator_id = ''\nendpoint_id = 'c'",
        f"[xbezahldienste]\noriginator_id = 'a'\nendpoint_id = '{'9' * 37}'",
        "xbezahldienste = 1",
        "methods = ['giropay']\n" + PLATFORM,
        "methods = ['card']\n" + PLATFORM,
        PLATFORM + "[receipt_numbers]\nprefix = 'SEVENTY'",
        # With its purpose's "KZ " longer than the 27 letters XBezahldienste and GiroCheckout carry.
        PLATFORM + "[receipt_numbers]\nprefix = 'SIXSIX'\ndigits = 10\ngroup = 3",
        "[",
    ],
)
def test_what_is_wrong_is_told_with_the_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "payments.toml"
    file.write_text(text)
    with pytest.raises(TenantError, match=r"payments\.toml"):
        read(file)


def test_secrets_are_checked_and_never_repeated() -> None:
    tenants = Tenants.load(CITIES, "http://localhost:8000")
    with pytest.raises(TenantError) as raised:
        load(tenants, json.dumps({"heidelberg": {"stripe": {"key": "sk_live_hidden"}}}))
    assert "webhook_secret" in str(raised.value)
    assert "sk_live_hidden" not in str(raised.value)
