# SPDX-License-Identifier: EUPL-1.2
"""The shell, the portal's own pages and what every page promises the browser."""

import re
from typing import Any

import pytest

Front = Any
Module = Any
CARD = {"title": "Parken", "text": "Ausweise", "path": "/services", "situation": "auto-und-verkehr"}
SCRIPT = re.compile(r'<script type="module" src="/assets/portal\.js\?v=[0-9a-f]+"></script>')
"""The portal's own, which every page has; anything else would be inline."""


def strict(page: str) -> None:
    """Nothing inline, one main, one h1, and a way past the navigation."""
    page = SCRIPT.sub("", page)
    assert not re.search(r"<script|\sstyle=|\son[a-z]+=|javascript:|<style", page, re.IGNORECASE)
    assert page.count("<main") == 1
    assert page.count("<h1") == 1
    assert 'href="#main"' in page
    assert 'id="main"' in page
    assert '<html lang="de"' in page
    assert "<title>" in page


async def test_the_start_page_of_a_city(front: Front, module_of: Any) -> None:
    module = await module_of()
    front.announce("forms", [{"path": "/services", "kind": "page"}], module.origin,
                   cards=[CARD, {"title": "Alles", "text": "Liste", "path": "/services"}])  # fmt: skip
    async with front.browser() as browser:
        home = await browser.get("/heidelberg/")
        life = await browser.get("/heidelberg/life/auto-und-verkehr")
        none = await browser.get("/heidelberg/life/nichts")
        bare = await browser.get("/heidelberg")
    strict(home.text)
    strict(life.text)
    strict(none.text)
    assert "Stadt Heidelberg" in home.text
    assert 'href="/heidelberg/life/auto-und-verkehr"' in home.text
    assert "Alles" in home.text
    assert "Parken" not in re.sub(r"<p>[^<]*</p>", "", home.text.split("Direkt zu")[1])
    assert "Parken" in life.text
    assert none.status_code == 404
    assert (bare.status_code, bare.headers["location"]) == (308, "/heidelberg/")
    assert "Demodaten" in home.text
    assert "Anmelden" in home.text


async def test_the_list_of_cities(front: Front) -> None:
    async with front.browser() as browser:
        page = await browser.get("/")
    strict(page.text)
    assert 'href="http://localhost:8000/mannheim/"' in page.text


async def test_a_modules_page_stands_in_the_shell(front: Front, forms: Module) -> None:
    forms.headers = {
        "content-type": "text/html; charset=utf-8",
        "mash-title": "Gr%C3%BC%C3%9Fe%20%3Cb%3E",
        "etag": '"x"',
    }
    forms.body = '<main id="main"><h1>Grüße</h1></main>'.encode()
    async with front.browser() as browser:
        page = await browser.get("/heidelberg/services")
        head = await browser.head("/heidelberg/services")
    strict(page.text)
    assert "<title>Grüße &lt;b&gt; – Stadt Heidelberg</title>" in page.text
    assert '<main id="main"><h1>Grüße</h1></main>' in page.text
    assert 'aria-current="page"' in page.text
    assert "etag" not in page.headers
    assert page.headers["cache-control"] == "private, no-cache"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe" not in policy
    assert f"form-action 'self' {front.keycloak.url}" in policy
    assert {"frame-ancestors 'none'", "base-uri 'none'"} <= set(policy.split("; "))
    assert (head.status_code, head.content) == (200, b"")


async def test_a_logged_in_page_is_nobody_elses(front: Front, forms: Module) -> None:
    forms.headers = {"content-type": "text/html", "cache-control": "public, max-age=600"}
    forms.body = b"<main></main>"
    async with front.browser() as browser:
        await front.login(browser)
        page = await browser.get("/heidelberg/services")
    assert page.headers["cache-control"] == "no-store"


async def test_a_page_is_streamed_through_the_shell(front: Front, forms: Module) -> None:
    forms.headers, forms.parts = {"content-type": "text/html"}, [b"<main>one", b"two"]
    async with front.browser() as browser, browser.stream("GET", "/heidelberg/services") as page:
        parts = page.aiter_text()
        seen = await anext(parts)
        assert seen.endswith("<main>one")
        forms.go.set()
        assert await anext(parts) == "two"
        forms.go.set()


@pytest.mark.parametrize(
    ("status", "todo"), [(403, "wenden Sie sich"), (404, "suchen Sie"), (500, "liegt bei uns")]
)
async def test_a_modules_problem_becomes_a_page(front: Front, forms: Module, status: int, todo: str) -> None:
    forms.status, forms.headers = status, {"content-type": "application/problem+json"}
    forms.body = b'{"type": "https://x/problems/odd", "title": "Seltsam", "detail": "So nicht <b>."}'
    async with front.browser() as browser, front.api() as client:
        page = await browser.get("/heidelberg/services")
        plain = await client.get("/heidelberg/services")
    strict(page.text)
    assert page.status_code == plain.status_code == status
    assert "Seltsam" in page.text
    assert "So nicht &lt;b&gt;." in page.text
    assert todo in page.text
    assert re.search(r"<code>[0-9a-f]{32}</code>", page.text)
    assert plain.json()["title"] == "Seltsam"


async def test_what_is_no_html_passes_a_page_route_as_it_is(front: Front, forms: Module) -> None:
    forms.headers = {
        "content-type": "application/pdf",
        "content-disposition": "inline",
        "content-length": "4",
    }
    forms.body = b"%PDF"
    async with front.browser() as browser:
        answer = await browser.get("/heidelberg/services/a.pdf")
        forms.status, forms.headers = 303, {"location": "https://pay.example/x"}
        sent_on = await browser.get("/heidelberg/services")
    assert (answer.content, answer.headers["content-length"]) == (b"%PDF", "4")
    assert sent_on.headers["location"] == "https://pay.example/x"


async def test_style_sheets_stay_in_the_browser(front: Front) -> None:
    async with front.browser() as browser:
        page = await browser.get("/heidelberg/")
        for link in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text):
            first = await browser.get(link)
            assert first.status_code == 200
            assert first.headers["content-type"] == "text/css; charset=utf-8"
            assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
            again = await browser.get(link, headers={"if-none-match": first.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
        colours = await browser.get("/heidelberg/assets/city.css")
        assert "--city-primary:#8a1328;" in colours.text
        assert colours.headers["cache-control"] == "public, max-age=300"
        for missing in (
            "/assets/nothing.css",
            "/assets/../settings.py",
            "/assets/",
            "/mannheim/assets/x.css",
        ):
            assert (await browser.get(missing)).status_code in (400, 404)


@pytest.mark.parametrize(
    "said",
    [b'{"paths": []}', b'{"paths": {"/api/sensors/v1/a": []}}', b"[" * 100_000, b'{"x": "' + b"x" * (5 << 20),
     b"null", b""],
)  # fmt: skip
async def test_a_module_whose_document_is_none_costs_the_others_nothing(
    front: Front, module_of: Any, said: bytes
) -> None:
    good, bad = await module_of(), await module_of()
    good.body, bad.body = b'{"paths": {"/api/forms/v1/a": {"get": {}}}}', said
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], good.origin)
    front.announce("sensors", [{"path": "/api/sensors/v1", "kind": "api"}], bad.origin)
    async with front.api() as client:
        api = (await client.get("/api/openapi.json")).json()
    assert list(api["paths"]) == ["/api/forms/v1/a"]


async def test_the_documents_are_made_once_in_a_while(front: Front, module_of: Any) -> None:
    module = await module_of()
    module.body = b'{"paths": {"/api/forms/v1/a": {"get": {}}}}'
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], module.origin)
    async with front.api() as client:
        first = await client.get("/api/openapi.json")
        module.body = b'{"paths": {"/api/forms/v1/b": {"get": {}}}}'
        again = await client.get("/api/openapi.json")
        front.bench.clock.forward(seconds=61)
        later = await client.get("/api/openapi.json")
    assert first.content == again.content
    assert list(later.json()["paths"]) == ["/api/forms/v1/b"]


async def test_the_documents_name_what_is_there(front: Front, module_of: Any) -> None:
    module = await module_of()
    module.body = (
        b'{"paths": {"/api/forms/v1/a": {"get": {"operationId": "a", "responses": {"200": {"content": '
        b'{"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}}}, "/pages/x": {"get": {}}},'
        b'"components": {"schemas": {"A": {"items": {"$ref": "#/components/schemas/B"}}, "B": {}}}}'
    )
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}, {"path": "/services", "kind": "page"}],
                   module.origin, listens=["mash.payments.v1.PaymentSettled"])  # fmt: skip
    async with front.api() as client:
        api = (await client.get("/api/openapi.json")).json()
        own = (await client.get("/heidelberg/api/openapi.json")).json()
        events = (await client.get("/api/asyncapi.json")).json()
        await module_gone(front)
        front.bench.clock.forward(seconds=61)
        later = (await client.get("/api/openapi.json")).json()
    assert list(api["paths"]) == ["/api/forms/v1/a"]
    assert api["paths"]["/api/forms/v1/a"]["get"]["operationId"] == "forms.a"
    assert api["components"]["schemas"]["forms.A"] == {"items": {"$ref": "#/components/schemas/forms.B"}}
    assert own["servers"] == [{"url": "http://localhost:8000/heidelberg"}]
    assert events["asyncapi"] == "3.0.0"
    assert events["channels"]["payments"]["address"] == "mash.payments.events.v1"
    assert events["operations"]["forms.receive.mash.payments.v1.PaymentSettled"]["action"] == "receive"
    assert later["paths"] == api["paths"]


async def module_gone(front: Front) -> None:
    (_, live), *_ = front.routes.modules()
    front.routes.learn(f"forms/{live[0].id}".encode(), None)


async def test_health_is_told_without_a_tenant(front: Front) -> None:
    async with front.api() as client:
        alive = await client.get("/healthz")
        ready = await client.get("/readyz")
        metrics = await client.get("/metrics")
    assert alive.status_code == 200
    assert ready.status_code == 503
    assert set(ready.json()["checks"]) == {"postgres", "login", "modules"}
    assert ready.json()["checks"]["login"] == "ok"
    assert "mash_gateway_logins" in metrics.text
