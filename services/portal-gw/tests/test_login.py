# SPDX-License-Identifier: EUPL-1.2
"""The browser's login: to Keycloak and back, the session it gets, and everything that must not work."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import text

Front = Any
Module = Any
SAME = {"sec-fetch-site": "same-origin"}


async def test_a_page_for_citizens_leads_through_the_login_and_back(front: Front, forms: Module) -> None:
    forms.headers, forms.body = {"content-type": "text/html"}, b"<main>Konto</main>"
    async with front.browser() as browser:
        sent_away = await browser.get("/heidelberg/account/x?a=1")
        assert sent_away.status_code == 303
        to_login = await browser.get(sent_away.headers["location"])
        back = front.keycloak.code(to_login.headers["location"])
        returned = await browser.get("/heidelberg/callback", params=back)
        assert returned.headers["location"] == "/heidelberg/account/x?a=1"
        page = await browser.get(returned.headers["location"])
    assert page.status_code == 200
    assert "Anna Beispiel" in page.text
    assert "<main>Konto</main>" in page.text
    assert forms.last["authorization"] == "Bearer exchanged.for.forms"
    exchange = front.keycloak.asked[-1]
    assert (exchange["audience"], exchange["scope"], exchange["client_id"]) == ("forms", "forms", "portal-gw")
    assert exchange["client_assertion"].count(".") == 2


async def test_what_keycloak_is_asked_for(front: Front) -> None:
    async with front.browser() as browser:
        answer = await browser.get("/heidelberg/login")
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://localhost:8000/heidelberg/callback"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert len(asked["code_challenge"][0]) == 43


async def test_the_cookie_is_the_browsers_alone(front: Front) -> None:
    async with front.browser() as browser:
        returned = await front.login(browser)
    cookie = next(c for c in returned.headers.get_list("set-cookie") if c.startswith("mash-heidelberg="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie  # plain http on loopback


async def test_behind_https_the_cookie_has_its_prefix(front_of: Any) -> None:
    front = await front_of(public_url="https://portal.example")
    async with front.browser() as browser:
        answer = await browser.get("/heidelberg/login")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-mash-login-heidelberg=")
    assert "Secure" in cookie


async def test_tokens_rest_sealed_and_the_id_only_as_a_hash(front: Front) -> None:
    async with front.browser() as browser:
        await front.login(browser)
        secret = browser.cookies["mash-heidelberg"]
    async with front.bench.program.database.worker_unit() as unit:
        row = (await unit.connection.execute(text("select * from sessions"))).mappings().one()
    assert row["tenant"] == "heidelberg"
    assert secret.encode() not in bytes(row["id"]) + bytes(row["sealed"])
    assert b"eyJ" not in bytes(row["sealed"])


async def test_a_login_gives_a_new_id_and_ends_the_old_one(front: Front, forms: Module) -> None:
    async with front.browser() as browser:
        await front.login(browser)
        old = browser.cookies["mash-heidelberg"]
        away = await browser.get("/heidelberg/login?again=1")
        await browser.get("/heidelberg/callback", params=front.keycloak.code(away.headers["location"]))
        assert browser.cookies["mash-heidelberg"] != old
    async with front.browser(cookie=f"mash-heidelberg={old}") as stale:
        assert (await stale.get("/heidelberg/account")).status_code == 303


@pytest.mark.parametrize(("wanted", "asked"), [("3", ["3"]), ("9", None), ("3%0aevil", None), ("", None)])
async def test_who_is_logged_in_may_ask_for_a_higher_level_and_comes_back_to_where_they_were(
    front: Front, forms: Module, wanted: str, asked: list[str] | None
) -> None:
    there = "/heidelberg/apply/x/0/step"
    async with front.browser() as browser:
        await front.login(browser)
        away = await browser.get(f"/heidelberg/login?level={wanted}&next={there}")
        if asked is None:
            assert away.headers["location"] == there
            return
        assert parse_qs(urlsplit(away.headers["location"]).query)["acr_values"] == asked
        back = await browser.get("/heidelberg/callback", params=front.keycloak.code(away.headers["location"]))
        assert back.headers["location"] == there


@pytest.mark.parametrize(
    "lost", ["state", "cookie", "code", "iss", "nonce", "aud", "issuer", "late", "tenant"]
)
async def test_a_return_that_does_not_fit_opens_no_session(front: Front, lost: str) -> None:
    async with front.browser() as browser:
        away = await browser.get("/heidelberg/login")
        back = front.keycloak.code(away.headers["location"])
        where = "/heidelberg/callback"
        match lost:
            case "state":
                back["state"] = "x" * 43
            case "cookie":
                browser.cookies.clear()
            case "code":
                back["code"] = "made-up"
            case "iss":
                back["iss"] = "https://evil.example/realms/heidelberg"
            case "nonce":
                front.keycloak.id_claims = {"nonce": "another"}
            case "aud":
                front.keycloak.id_claims = {"aud": "another"}
            case "issuer":
                front.keycloak.id_claims = {"iss": "https://evil.example"}
            case "late":
                front.bench.clock.forward(minutes=11)
            case "tenant":
                where = "/mannheim/callback"
        returned = await browser.get(where, params=back)
        assert returned.status_code == 400
        assert "Anmeldung abgelaufen" in returned.text
        assert "mash-heidelberg" not in browser.cookies


async def test_who_turns_back_is_told_so(front: Front) -> None:
    async with front.browser() as browser:
        away = await browser.get("/heidelberg/login")
        back = front.keycloak.code(away.headers["location"])
        returned = await browser.get(
            "/heidelberg/callback", params={"state": back["state"], "error": "access_denied"}
        )
    assert (returned.status_code, "Anmeldung abgebrochen" in returned.text) == (403, True)


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/heidelberg//evil.example",
        "/heidelberg/../mannheim/",
        "/heidelberg/%2e%2e/",
        "/mannheim/",
        "/heidelberg.evil/",
        "javascript:alert(1)",
        "/heidelberg/\r\nset-cookie: a=b",
        "/heidelberg/logout",
        "",
    ],
)
async def test_a_login_never_leads_elsewhere(front: Front, evil: str) -> None:
    async with front.browser() as browser:
        away = await browser.get("/heidelberg/login", params={"next": evil})
        back = front.keycloak.code(away.headers["location"])
        returned = await browser.get("/heidelberg/callback", params=back)
    location = returned.headers["location"]
    assert location == "/heidelberg/" or (
        location.startswith("/heidelberg/") and "evil" in evil and "//" in location[1:]
    )
    assert httpx.URL("http://here").join(location).host == "here"


async def test_a_session_ends_when_it_is_not_used(front: Front, forms: Module) -> None:
    async with front.browser() as browser:
        await front.login(browser)
        front.bench.clock.forward(minutes=29)
        assert (await browser.get("/heidelberg/account")).status_code == 200
        front.bench.clock.forward(minutes=29)
        assert (await browser.get("/heidelberg/account")).status_code == 200
        front.bench.clock.forward(minutes=31)
        assert (await browser.get("/heidelberg/account")).status_code == 303


async def test_a_session_ends_in_any_case(front: Front, forms: Module) -> None:
    async with front.browser() as browser:
        await front.login(browser)
        for _ in range(21):
            front.bench.clock.forward(minutes=28)
            assert (await browser.get("/heidelberg/account")).status_code == 200
        front.bench.clock.forward(minutes=28)
        assert (await browser.get("/heidelberg/account")).status_code == 303


async def test_a_login_that_ended_at_keycloak_ends_here_when_its_token_is_spent(
    front: Front, forms: Module
) -> None:
    async with front.browser() as browser:
        await front.login(browser)
        await browser.get("/heidelberg/account")
        front.bench.clock.forward(minutes=6)
        await browser.get("/heidelberg/account")
        refresh = [asked for asked in front.keycloak.asked if asked["grant_type"] == "refresh_token"]
        assert len(refresh) == 1
        front.keycloak._tokens = lambda *_: {"error": "invalid_grant"}
        front.bench.clock.forward(minutes=6)
        try:
            gone = await browser.get("/heidelberg/account")
        finally:
            del front.keycloak._tokens
    assert gone.status_code == 303


async def test_logging_out_ends_both_sessions(front: Front, forms: Module) -> None:
    forms.headers, forms.body = {"content-type": "text/html"}, b"<main></main>"
    async with front.browser() as browser:
        await front.login(browser)
        secret = browser.cookies["mash-heidelberg"]
        page = await browser.get("/heidelberg/services")
        csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
        out = await browser.post("/heidelberg/logout", data={"csrf": csrf}, headers=SAME)
    assert (out.status_code, out.headers["location"]) == (303, "/heidelberg/")
    assert len(front.keycloak.ended) >= 1
    async with front.browser(cookie=f"mash-heidelberg={secret}") as stale:
        assert (await stale.get("/heidelberg/account")).status_code == 303


@pytest.mark.parametrize(
    ("headers", "csrf"),
    [
        (SAME, "wrong"),
        ({"sec-fetch-site": "cross-site"}, None),
        ({}, None),
        ({"origin": "http://evil"}, None),
    ],
)
async def test_nobody_else_can_log_a_person_out(
    front: Front, forms: Module, headers: dict[str, str], csrf: str | None
) -> None:
    forms.headers, forms.body = {"content-type": "text/html"}, b"<main></main>"
    async with front.browser() as browser:
        await front.login(browser)
        page = await browser.get("/heidelberg/services")
        csrf = csrf or page.text.split('name="csrf" value="')[1].split('"')[0]
        answer = await browser.post("/heidelberg/logout", data={"csrf": csrf}, headers=headers)
        assert answer.status_code == 403
        assert (await browser.get("/heidelberg/account")).status_code == 200
        assert (await browser.get("/heidelberg/logout")).status_code == 405


async def test_without_keycloak_public_pages_go_on(front: Front, forms: Module) -> None:
    forms.headers, forms.body = {"content-type": "text/html"}, b"<main>Offen</main>"
    front.keycloak.away = True
    async with front.browser() as browser:
        login = await browser.get("/heidelberg/login")
        public = await browser.get("/heidelberg/services")
        start = await browser.get("/heidelberg/")
        ready = await browser.get("/readyz")
    assert (login.status_code, login.headers["retry-after"]) == (503, "10")
    assert "Anmeldedienst antwortet gerade nicht" in login.text
    assert (public.status_code, start.status_code) == (200, 200)
    assert ready.json()["checks"]["login"] != "ok"


async def test_without_keycloak_a_session_still_sees_public_pages(front: Front, forms: Module) -> None:
    forms.headers, forms.body = {"content-type": "text/html"}, b"<main>Offen</main>"
    async with front.browser() as browser:
        await front.login(browser)
        front.keycloak.away = True
        public = await browser.get("/heidelberg/services")
        account = await browser.get("/heidelberg/account")
    assert (public.status_code, forms.last["authorization"]) == (200, None)
    assert account.status_code == 503
