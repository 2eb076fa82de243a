# SPDX-License-Identifier: EUPL-1.2
"""Who may pass, as whom, and to which tenant: deny by default."""

from typing import Any

import pytest

Front = Any
Module = Any
SAME = {"sec-fetch-site": "same-origin"}


def token(front: Front, tenant: str = "heidelberg", **about: Any) -> str:
    return str(front.bench.token(tenant, **about))


async def test_a_token_is_exchanged_for_one_meant_for_the_module(front: Front, forms: Module) -> None:
    mine = token(front, roles=["citizen"])
    async with front.api(mine) as client:
        assert (await client.get("/heidelberg/api/forms/v1/mine")).status_code == 200
        assert (await client.get("/heidelberg/api/forms/v1/mine")).status_code == 200
    assert [seen["authorization"] for seen in forms.seen] == ["Bearer exchanged.for.forms"] * 2
    exchanges = [asked for asked in front.keycloak.asked if "subject_token" in asked]
    assert [asked["subject_token"] for asked in exchanges] == [mine]


async def test_a_token_of_another_tenant_is_refused(front: Front, forms: Module) -> None:
    async with front.api(token(front, "mannheim", roles=["citizen"])) as client:
        answer = await client.get("/heidelberg/api/forms/v1/x")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "wrong-tenant")
    assert forms.seen == []


@pytest.mark.parametrize("how", ["forged", "expired", "other audience", "basic", "bare"])
async def test_a_wrong_token_is_refused_even_on_a_public_route(front: Front, forms: Module, how: str) -> None:
    mine = token(front, roles=["citizen"])
    if how == "forged":
        mine = mine[:-4] + ("AAAA" if not mine.endswith("AAAA") else "BBBB")
    if how == "expired":
        front.bench.clock.forward(minutes=10)
    if how == "other audience":
        now = front.bench.clock.now()
        mine = front.keycloak.token(tenant="heidelberg", audience="forms", now=now, roles=["citizen"])
    async with front.api() as client:
        sent = {"basic": "Basic YTpi", "bare": "Bearer"}.get(how, f"Bearer {mine}")
        answer = await client.get("/heidelberg/api/forms/v1/x", headers={"authorization": sent})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert forms.seen == []


async def test_a_role_is_needed_where_the_route_says_so(front: Front, forms: Module) -> None:
    async with front.api() as client:
        nobody = await client.get("/heidelberg/api/forms/v1/mine")
    async with front.api(token(front, roles=["clerk"])) as client:
        wrong = await client.get("/heidelberg/api/forms/v1/mine")
        public = await client.get("/heidelberg/api/forms/v1/x")
    assert (nobody.status_code, wrong.status_code, public.status_code) == (401, 403, 200)
    assert wrong.json()["type"].endswith("/missing-role")


async def test_a_page_without_the_role_is_a_page_in_the_shell(front: Front, forms: Module) -> None:
    async with front.browser() as browser:
        await front.login(browser, roles=("clerk",))
        answer = await browser.get("/heidelberg/account")
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "Dafür fehlt Ihnen die Berechtigung" in answer.text
    assert "Schreibtisch" in answer.text
    assert forms.seen == []


async def test_a_key_that_is_no_token_reaches_only_a_public_api(front: Front, forms: Module) -> None:
    """A device's key is judged by its module; the gateway vouches for nothing."""
    async with front.api("device-key-1") as client:
        public = await client.post("/heidelberg/api/forms/v1/uplinks", json={})
        mine = await client.get("/heidelberg/api/forms/v1/mine")
        page = await client.get("/heidelberg/services")
    assert (public.status_code, mine.status_code, page.status_code) == (200, 401, 200)
    assert [seen["authorization"] for seen in forms.seen] == ["Bearer device-key-1", None]


async def test_a_session_of_one_city_is_none_in_another(front: Front, forms: Module) -> None:
    async with front.browser() as browser:
        await front.login(browser)
        secret = browser.cookies["mash-heidelberg"]
    async with front.browser(cookie=f"mash-mannheim={secret}; mash-heidelberg={secret}") as browser:
        assert (await browser.get("/heidelberg/account")).status_code == 200
        assert (await browser.get("/mannheim/account")).status_code == 303


async def test_a_made_up_session_is_nobodys(front: Front, forms: Module) -> None:
    for value in (b"x", b"a" * 43, b'"quoted"', b"\xc3\xa4", b"a\xff=;=;"):
        async with front.browser() as browser:
            answer = await browser.get(
                "/heidelberg/account", headers={b"cookie": b"mash-heidelberg=" + value}
            )
        assert answer.status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (SAME, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
)
async def test_a_session_writes_only_from_our_own_pages(
    front: Front, forms: Module, headers: dict[str, str], status: int
) -> None:
    async with front.browser() as browser:
        await front.login(browser)
        api = await browser.post("/heidelberg/api/forms/v1/mine", json={}, headers=headers)
        page = await browser.post("/heidelberg/account", data={"a": "1"}, headers=headers)
        here = {"origin": f"http://{front.address}"}
        by_origin = await browser.post("/heidelberg/account", data={"a": "1"}, headers=here)
    assert (api.status_code, page.status_code, by_origin.status_code) == (status, status, 200)
    assert len(forms.seen) == (3 if status == 200 else 1)


async def test_the_csrf_value_belongs_to_the_session(front: Front, forms: Module) -> None:
    async with front.browser() as one, front.browser() as two:
        await front.login(one)
        await front.login(two)
        for browser in (one, one, two):
            await browser.get("/heidelberg/account")
    first, again, other = (seen["mash-csrf"] for seen in forms.seen)
    assert first == again != other
    assert len(first) == 43


async def test_what_is_approved_but_not_there_yet_is_a_notice(front: Front) -> None:
    async with front.api() as client, front.browser() as browser:
        problem = await client.get("/heidelberg/api/forms/v1/forms")
        page = await browser.get("/heidelberg/api/forms/v1/forms")
    assert (problem.status_code, problem.json()["type"].rpartition("/")[2]) == (503, "module-gone")
    assert problem.headers["retry-after"]
    assert page.status_code == 503


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/nowhere/", "unknown-tenant"), ("/%68eidelberg/", "unknown-tenant"),
     ("/api/forms/v1/x", "unknown-tenant"),
     ("/heidelberg/api/unheard/x", "not-found"), ("/heidelberg/nothing", "not-found"),
     ("/heidelberg/servicesx", "not-found"), ("/heidelberg/pages/home", "not-found"),
     ("/heidelberg/api/forms", "not-found"), ("/ops/account", "not-found"), ("/operators/", "unknown-tenant"),
     ("/heidelberg/openapi.json", "not-found"), ("/pages/ops", "unknown-tenant")],
)  # fmt: skip
async def test_what_nobody_announced_does_not_exist(
    front: Front, forms: Module, path: str, kind: str
) -> None:
    async with front.api() as client, front.browser() as browser:
        problem = await client.get(path)
        page = await browser.get(path)
    assert (problem.status_code, problem.json()["type"].rpartition("/")[2]) == (404, kind)
    assert page.status_code == 404
    if "/api/" not in path:
        assert "<main" in page.text
        assert ("Stadt Mannheim" in page.text) == (kind == "unknown-tenant")
    assert forms.seen == []


async def test_operators_have_their_own_login_and_role(front: Front) -> None:
    async with front.browser() as browser:
        sent_away = await browser.get("/ops/modules")
        assert sent_away.headers["location"].startswith("/ops/login?next=/ops/modules")
        away = await browser.get(sent_away.headers["location"])
        assert "/realms/operators/" in away.headers["location"]
        back = front.keycloak.code(away.headers["location"], roles=("operator",))
        returned = await browser.get("/ops/callback", params=back)
        assert returned.headers["location"] == "/ops/modules"
        page = await browser.get("/ops/modules")
        assert (page.status_code, "Wer da ist" in page.text) == (200, True)
    async with front.browser() as browser:
        await front.login(browser, "/ops/", roles=("somebody",))
        assert (await browser.get("/ops/modules")).status_code == 403


async def test_a_citys_own_host_needs_no_prefix(front_of: Any, module_of: Any, tmp_path: Any) -> None:
    import shutil
    from pathlib import Path

    shutil.copytree(Path("cities"), tmp_path / "cities")
    file = tmp_path / "cities" / "heidelberg" / "city.toml"
    file.write_text(file.read_text().replace("hosts = []", 'hosts = ["service.heidelberg.example"]'))
    front = await front_of(cities=tmp_path / "cities")
    module = await module_of()
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], module.origin)
    there = {"host": "service.heidelberg.example:443"}
    async with front.api() as client:
        own = await client.get("/api/forms/v1/x", headers=there)
        prefixed = await client.get("/heidelberg/api/forms/v1/x", headers=there)
        by_path = await client.get("/mannheim/api/forms/v1/x")
    assert (own.status_code, prefixed.status_code, by_path.status_code) == (200, 404, 200)
    assert (module.seen[0]["mash-tenant"], module.seen[0]["mash-prefix"]) == ("heidelberg", "")
