# SPDX-License-Identifier: EUPL-1.2
"""Realms on a real Keycloak: made once, mended when changed; their tokens prove no more than they should."""

import base64
import hashlib
import html
import json
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from keycloak import KeycloakAdmin

from mash_tools.cities.commands import main
from mash_tools.problems import LauncherError
from mash_tools.realms import note, provision
from mash_tools.realms.provision import administrator

pytestmark = pytest.mark.keycloak

CITIES = Path(__file__).parents[2] / "cities"
PUBLIC_URL = "http://localhost:8000"
CALLBACK = f"{PUBLIC_URL}/heidelberg/callback"
SERVICES = ("forms", "notify", "payments", "portal-gw", "sensors")
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


Realms = Any
"""A provisioned Keycloak: conftest.Realms."""


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


class Browser:
    """Follows one login by hand. Keycloak's cookies are Secure, which only browsers accept on localhost."""

    def __init__(self, realms: Realms, realm: str = "heidelberg") -> None:
        self._realms = realms
        self._realm = realm
        self._cookies: dict[str, str] = {}
        self.verifier = secrets.token_urlsafe(48)

    def open(self, **other: str) -> httpx.Response:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest())
        asked = {
            "client_id": "portal-gw", "response_type": "code", "scope": "openid", "redirect_uri": CALLBACK,
            "state": "s", "nonce": "n", "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256", **other,
        }  # fmt: skip
        present = {key: value for key, value in asked.items() if value}
        return self._send(
            "GET", f"{self._realms.issuer(self._realm)}/protocol/openid-connect/auth", params=present
        )

    def log_in(self, username: str) -> dict[str, Any]:
        page = self.open()
        action = re.search(r'action="([^"]+)"', page.text)
        assert action, page.text
        answer = self._send("POST", html.unescape(action[1]), data={"username": username, "password": "demo"})
        return self.redeem(answer)

    def redeem(self, answer: httpx.Response) -> dict[str, Any]:
        code = httpx.URL(answer.headers["location"]).params["code"]
        answer = self._realms.ask(
            "portal-gw", self._realm,
            grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=self.verifier,
        )  # fmt: skip
        answer.raise_for_status()
        tokens: dict[str, Any] = answer.json()
        return tokens

    def _send(self, method: str, url: str, **what: Any) -> httpx.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        answer = httpx.request(method, url, headers={"cookie": cookies}, **what)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.split(";")[0].partition("=")
            self._cookies[name] = value
        return answer


@pytest.fixture
def anna(realms: Realms) -> str:
    token: str = Browser(realms).log_in("anna")["access_token"]
    return token


def test_a_second_run_writes_nothing_and_a_change_is_mended(realms: Realms) -> None:
    assert realms.provision().changed is False
    admin = realms.admin("mannheim")
    forms = admin.get_client(str(admin.get_client_id("forms")))
    admin.update_client(forms["id"], {**forms, "directAccessGrantsEnabled": True})
    admin.update_realm("mannheim", {**admin.get_realm("mannheim"), "bruteForceProtected": False})
    report = realms.provision()
    mended = {realm.realm: realm.changed for realm in report.realms if realm.changed}
    assert mended == {"mannheim": ["realm: bruteForceProtected", "client forms: directAccessGrantsEnabled"]}
    assert realms.provision().changed is False


def test_an_administrator_whose_token_runs_out_goes_on(realms: Realms) -> None:
    it = realms.access
    first = administrator(it.url, it.user, it.password)
    first.get_token()
    run_out = {**(first.token or {}), "access_token": "spent", "expires_in": 0}
    admin = KeycloakAdmin(connection=administrator(it.url, it.user, it.password, run_out))
    admin.change_current_realm("heidelberg")
    assert "citizen" in {role["name"] for role in admin.get_realm_roles()}


def test_every_realm_has_its_roles_and_the_demo_logins(realms: Realms) -> None:
    city = {"anna": "citizen", "bernd": "citizen", "dora": "auditor", "erika": "editor"}
    city |= {"fritz": "driver", "kurt": "clerk", "tina": "treasurer", "willi": "dispatcher"}
    city |= {"bea": "clerk office:baurecht", "lena": "clerk supervisor"}
    logins = {"heidelberg": city, "operators": {"olga": "operator"}}
    for realm, people in logins.items():
        admin = realms.admin(realm)
        wanted = set(" ".join(people.values()).split())
        assert wanted <= {role["name"] for role in admin.get_realm_roles()}
        found = {
            user["username"]: " ".join(
                sorted(role["name"] for role in admin.get_realm_roles_of_user(user["id"]))
            )
            for user in admin.get_users()
        }
        assert found == people


def test_a_service_gets_a_token_for_the_peer_it_asks_for_and_for_no_other(realms: Realms) -> None:
    answer = realms.ask("forms", grant_type="client_credentials", scope="payments")
    assert answer.status_code == 200
    proven = claims(answer.json()["access_token"])
    assert proven["aud"] == "payments"
    assert proven["azp"] == proven["client_id"] == "forms"
    assert proven["iss"] == realms.issuer("heidelberg")
    assert "realm_access" not in proven
    assert "aud" not in claims(realms.ask("forms", grant_type="client_credentials").json()["access_token"])


def test_the_gateway_itself_is_no_citizen(realms: Realms) -> None:
    answer = realms.ask("portal-gw", grant_type="client_credentials", scope="forms")
    assert "realm_access" not in claims(answer.json()["access_token"])


def test_another_services_key_proves_nothing(realms: Realms) -> None:
    answer = realms.ask("forms", key="payments", grant_type="client_credentials", scope="payments")
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_client", "unauthorized_client"}


def test_a_proof_for_one_realm_is_refused_by_another(realms: Realms) -> None:
    proof = {
        "client_id": "forms",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": realms.assertion("forms", "heidelberg"),
        "grant_type": "client_credentials",
    }
    answer = httpx.post(f"{realms.issuer('mannheim')}/protocol/openid-connect/token", data=proof)
    assert answer.status_code in {400, 401}


def test_a_login_takes_pkce_and_a_known_address_back(realms: Realms) -> None:
    browser = Browser(realms)
    without = browser.open(code_challenge="", code_challenge_method="")
    assert "error=invalid_request" in without.headers["location"]
    plain = browser.open(code_challenge_method="plain")
    assert "error=invalid_request" in plain.headers["location"]
    elsewhere = browser.open(redirect_uri="http://localhost:8000/mannheim/callback")
    assert elsewhere.status_code == 400
    assert "location" not in elsewhere.headers
    page = browser.open()
    assert page.status_code == 200
    assert '<html class="login-pf" lang="de"' in page.text


def test_a_code_without_its_verifier_is_worth_nothing(realms: Realms) -> None:
    browser = Browser(realms)
    browser.log_in("anna")
    again = browser.open()  # the session is there: the code comes at once
    browser.verifier = secrets.token_urlsafe(48)
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        browser.redeem(again)


def test_the_gateway_exchanges_a_persons_token_for_one_meant_for_a_service(realms: Realms, anna: str) -> None:
    own = claims(anna)
    assert "aud" not in own
    answer = realms.exchange(anna, audience="forms", scope="forms")
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    proven = claims(answer.json()["access_token"])
    assert proven["aud"] == "forms"
    assert proven["azp"] == "portal-gw"
    assert proven["sub"] == own["sub"]
    assert proven["realm_access"] == {"roles": ["citizen"]}
    assert (proven["given_name"], proven["email"]) == ("Anna", "anna@heidelberg.example")
    assert (proven["address"]["street_address"], proven["birthdate"]) == ("Musterstraße 5", "1990-05-17")
    other = claims(realms.exchange(anna, audience="notify", scope="notify").json()["access_token"])
    assert not {"address", "birthdate"} & (own.keys() | other.keys())
    assert "client_id" not in proven
    # From its own beginning: the exchange is a moment later than the login.
    assert proven["exp"] - proven["iat"] <= own["exp"] - own["iat"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"audience": "forms"},
        {"audience": "payments", "scope": "forms"},
        {"audience": "account"},
        {
            "audience": "forms",
            "scope": "forms",
            "requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token",
        },
    ],
)
def test_an_exchange_for_anything_else_is_refused(realms: Realms, anna: str, wanted: dict[str, str]) -> None:
    assert realms.exchange(anna, **wanted).status_code == 400


def test_only_the_gateway_exchanges_and_only_its_own_realms_tokens(realms: Realms, anna: str) -> None:
    assert realms.exchange(anna, client="forms", audience="payments", scope="payments").status_code == 400
    assert realms.exchange(anna, realm="mannheim", audience="forms", scope="forms").status_code == 400
    meant_for_forms = realms.exchange(anna, audience="forms", scope="forms").json()["access_token"]
    assert realms.exchange(meant_for_forms, client="sensors", scope="payments").status_code == 400


@pytest.mark.parametrize("how", ["logout", "revoke"])
def test_a_token_whose_login_ended_or_that_was_revoked_is_not_exchanged(realms: Realms, how: str) -> None:
    """The gateway tells by this answer that a token counts no more."""
    tokens = Browser(realms).log_in("anna")
    assert realms.exchange(tokens["access_token"], audience="forms", scope="forms").status_code == 200
    form = (
        {"refresh_token": tokens["refresh_token"]} if how == "logout" else {"token": tokens["access_token"]}
    )
    assert realms.ask("portal-gw", endpoint=how, **form).is_success
    refused = realms.exchange(tokens["access_token"], audience="forms", scope="forms")
    assert refused.status_code == 400
    assert refused.json() == {"error": "invalid_request", "error_description": "Invalid token"}


def test_demo_api_gives_a_token_to_curl_that_the_gateway_can_exchange(realms: Realms) -> None:
    asked = {
        "client_id": "demo-api", "client_secret": "demo", "grant_type": "password",
        "username": "kurt", "password": "demo",
    }  # fmt: skip
    answer = httpx.post(f"{realms.issuer('heidelberg')}/protocol/openid-connect/token", data=asked)
    token = answer.json()["access_token"]
    assert claims(token)["aud"] == "portal-gw"
    exchanged = realms.exchange(token, audience="forms", scope="forms")
    assert claims(exchanged.json()["access_token"])["realm_access"] == {"roles": ["clerk"]}


@pytest.fixture
def fourth(realms: Realms, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    cities = shutil.copytree(CITIES, tmp_path / "cities")
    name = f"probe-{secrets.token_hex(3)}"
    where = ["--cities", str(cities)]
    assert main(["new", name, "--ags", "08000000", *where]) == 0
    yield cities, name
    admin = realms.admin("master")
    if name in {realm["realm"] for realm in admin.get_realms()}:
        admin.delete_realm(name)


def test_a_fourth_city_is_a_folder_and_one_command(
    realms: Realms, fourth: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cities, name = fourth
    monkeypatch.delenv("MASH_KEYCLOAK", raising=False)
    note(tmp_path, realms.access)
    assert main(["add", name, "--cities", str(cities), "--data", str(tmp_path)]) == 0
    answer = realms.ask("forms", name, grant_type="client_credentials", scope="notify")
    assert claims(answer.json()["access_token"])["iss"] == realms.issuer(name)
    assert realms.provision(cities).changed is False


def test_a_demo_realm_never_becomes_a_real_one(realms: Realms) -> None:
    with pytest.raises(LauncherError, match="public passwords"):
        realms.provision(demo=False)


def test_a_real_city_has_no_public_login(realms: Realms, fourth: tuple[Path, str]) -> None:
    cities, name = fourth
    city = cities / name / "city.toml"
    city.write_text(
        city.read_text(encoding="utf-8").replace("demo = true ", "demo = false "), encoding="utf-8"
    )
    realms.provision(cities)
    admin = realms.admin(name)
    assert admin.get_users() == []
    assert admin.get_client_id("demo-api") is None
    assert admin.get_realm(name)["passwordPolicy"].startswith("length(12)")


def test_a_private_key_is_never_handed_to_keycloak(realms: Realms) -> None:
    it = realms.access
    private = {"forms": {"keys": [realms.keys["forms"].as_dict(private=True)]}}
    with pytest.raises(ValueError, match="must be public"):
        provision(it.url, it.user, it.password, CITIES, it.public_url, private, demo=True)


def test_a_wrong_password_is_one_sentence(realms: Realms) -> None:
    it = realms.access
    with pytest.raises(LauncherError, match="refuses the administrator's login"):
        provision(it.url, it.user, "wrong", CITIES, it.public_url, realms.jwks, demo=True)
