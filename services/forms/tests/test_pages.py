# SPDX-License-Identifier: EUPL-1.2
"""The pages as a browser without JavaScript uses them."""

import re
import shutil
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationDecided, ApplicationSubmitted
from mash_sdk.ids import new_id
from mash_sdk.manifest import Manifest
from mash_sdk.testing import CSRF, Bench

ANNA = {"given_name": "Anna", "family_name": "<b>Beispiel", "email": "anna@login.example"}
TEXTS = {"plate": "hd-ab 123", "keeper": "true", "zone": "2", "valid_from": "2026-04-01", "note": ""}


class Seen(HTMLParser):
    """What is on a page: elements with their attributes, and the text."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]

    @property
    def ids(self) -> list[str]:
        return [found["id"] or "" for _, found in self.elements if "id" in found]

    @property
    def values(self) -> dict[str, str]:
        inputs = [one for one in self.all("input") if one.get("type") not in ("radio", "checkbox")]
        return {one["name"] or "": one.get("value") or "" for one in inputs}


def assert_accessible(seen: Seen) -> None:
    """Names, descriptions and landmarks fit together, and nothing needs a script."""
    assert len(seen.ids) == len(set(seen.ids))
    labelled = {label["for"] for label in seen.all("label")}
    for control in seen.all("input", "select", "textarea"):
        if control.get("type") != "hidden":
            assert control["id"] in labelled
    for _, attributes in seen.elements:
        for name in ("aria-describedby", "aria-labelledby"):
            assert set((attributes.get(name) or "").split()) <= set(seen.ids)
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
    for link in seen.all("a"):
        href = link["href"] or ""
        assert href.startswith(("/heidelberg/", "https:", "mailto:", "tel:")) or href[1:] in seen.ids
    assert len(seen.all("h1")) == 1
    assert seen.elements[0][0] == "main"
    assert not seen.all("script", "style")


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["citizen"], subject="anna", **ANNA)


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


async def trail(bench: Bench) -> list[tuple[str, str]]:
    """Who did what, in order."""
    async with bench.unit() as unit:
        rows = await unit.connection.execute(text("select action, actor from audit order by at, id"))
        return [(action, actor) for action, actor in rows]


async def page(client: httpx.AsyncClient, path: str, status: int = 200) -> Seen:
    answer = await client.get(f"/pages{path}")
    assert answer.status_code == status, answer.text
    seen = Seen(answer)
    assert_accessible(seen)
    return seen


async def sent(client: httpx.AsyncClient, path: str, form: dict[str, str]) -> httpx.Response:
    return await client.post(f"/pages{path}", data={"csrf": CSRF, **form})


async def stepped(client: httpx.AsyncClient, form: str, texts: dict[str, str]) -> str:
    """Fill in every step with what fits of `texts`; where it ends: the review, or a page with faults."""
    path = f"/apply/{form}"
    while True:
        seen = await page(client, path)
        # The last one: before it there may be an offer of earlier answers.
        action = [one["action"] or "" for one in seen.all("form")][-1]
        answer = await sent(client, action.removeprefix("/heidelberg"), {**seen.values, **texts})
        assert answer.status_code == 303, answer.text
        path = answer.headers["location"].removeprefix("/heidelberg")
        if path.endswith("/review") or "check=1" in path:
            return path


async def handed_in(client: httpx.AsyncClient, form: str = "meldung") -> str:
    review = await stepped(client, form, {"what": "Loch"} if form == "meldung" else TEXTS)
    answer = await sent(client, review, {})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rsplit("/", 1)[1]


async def test_a_fee_that_depends_on_the_answers_is_said_before(bench: Bench) -> None:
    client = bench.client()
    page = Seen(await client.get("/pages/services/wohnung"))
    assert "hängt von Ihren Angaben ab" in page.text
    assert "kostet nichts" not in page.text
    fees = (await client.get("/api/forms/v1/forms/wohnung")).json()
    assert fees["fee"] is None
    assert [(one["amount"]["cents"], one["always"], one["demo"]) for one in fees["fees"]] == [
        (3070, False, True),
        (250, False, True),
    ]


async def test_the_catalogue_is_searched_and_narrowed(bench: Bench) -> None:
    visitor = bench.visitor()
    links = [link["href"] for link in (await page(visitor, "/services")).all("a")]
    assert links == [f"/heidelberg/services/{name}" for name in ("meldung", "ausweis", "wohnung")]
    assert "Meldung" not in (await page(visitor, "/services?q=auto")).text
    assert "Meldung" in (await page(visitor, "/services?situation=wohnen")).text
    assert "keinen Online-Dienst gefunden" in (await page(visitor, "/services?q=%3Cscript%3E")).text


async def test_a_service_says_what_it_costs_and_who_decides(bench: Bench) -> None:
    said = (await page(bench.visitor(), "/services/ausweis")).text
    for words in ("30,70\u00a0€", "Demodaten", "Prüfamt", "Musterstraße 1", "§ 1 Prüfgesetz", "Kennzeichen"):
        assert words in said
    assert "kostet nichts" in (await page(bench.visitor(), "/services/meldung")).text
    assert (await bench.visitor().get("/pages/services/none")).status_code == 404


async def test_the_form_is_prefilled_and_describes_itself(anna: httpx.AsyncClient) -> None:
    blank = await page(anna, "/apply/ausweis")
    assert blank.values["given_name"] == "Anna"
    assert blank.values["family_name"] == "<b>Beispiel"
    assert blank.values["email"] == "anna@login.example"
    assert "Schritt 1 von 3" in blank.text
    [given] = [one for one in blank.all("input") if one.get("name") == "given_name"]
    assert given["autocomplete"] == "given-name"


async def test_handing_in_leads_to_the_application(bench: Bench, anna: httpx.AsyncClient) -> None:
    application_id = await handed_in(anna, "ausweis")
    seen = await page(anna, f"/account/applications/{application_id}")
    assert f"/heidelberg/pay/{application_id}" in [link["href"] for link in seen.all("a")]
    assert "HD-AB 123" in seen.text
    assert "Neustadt" in seen.text
    listed = await page(anna, "/account")
    assert f"/heidelberg/account/applications/{application_id}" in [link["href"] for link in listed.all("a")]
    assert "Wartet auf Zahlung" in listed.text


async def test_a_double_click_is_one_application(bench: Bench, anna: httpx.AsyncClient) -> None:
    review = await stepped(anna, "ausweis", TEXTS)
    first, second = [await sent(anna, review, {}) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    await bench.settle()
    assert len(bench.announced(ApplicationSubmitted)) == 1


async def test_what_is_sent_once_more_after_handing_in_leads_to_the_application(
    anna: httpx.AsyncClient,
) -> None:
    review = await stepped(anna, "meldung", {"what": "Loch"})
    handed = await sent(anna, review, {})
    step = review.replace("/review", "/what")
    again = await sent(anna, step, {"what": "Zwei Löcher"})
    assert again.headers["location"] == handed.headers["location"]
    assert (await anna.get(f"/pages{step}")).status_code == 404


async def test_faults_stand_at_their_field_and_in_a_summary(anna: httpx.AsyncClient) -> None:
    wrong = {**TEXTS, "plate": "<i>", "zone": ""}
    path = await stepped(anna, "ausweis", wrong)
    seen = await page(anna, path)
    assert (await anna.get(f"/pages{path}")).headers["mash-title"].startswith("Fehler")
    assert seen.values["plate"] == "<I>"
    links = [link["href"] for link in seen.all("a") if (link["href"] or "").startswith("#")]
    assert links == ["#f-plate", "#f-zone"]
    for control in seen.all("input", "select"):
        if control.get("id") in ("f-plate", "f-zone"):
            assert control["aria-invalid"] == "true"
            assert f"{control['id']}-error" in (control["aria-describedby"] or "")
    checked = [one for one in seen.all("input") if "checked" in one]
    assert [one["value"] for one in checked] == ["true"]


async def test_a_form_of_another_page_is_refused(anna: httpx.AsyncClient) -> None:
    for csrf in ("", "wrong"):
        answer = await anna.post(f"/pages/apply/meldung/{new_id()}/what", data={"csrf": csrf, "what": "x"})
        assert answer.status_code == 403


@pytest.mark.parametrize("bad", ["no-id", "0195", "%00", "00000000-0000-4000-8000-000000000000"])
async def test_what_cannot_be_an_id_is_not_found(
    anna: httpx.AsyncClient, kurt: httpx.AsyncClient, bad: str
) -> None:
    for client, area in ((anna, "account"), (kurt, "desk")):
        assert (await client.get(f"/pages/{area}/applications/{bad}")).status_code == 404
        assert (await client.get(f"/pages/{area}/applications/{new_id()}/documents/{bad}")).status_code == 404


async def test_somebody_elses_application_is_not_there(bench: Bench, anna: httpx.AsyncClient) -> None:
    application_id = await handed_in(anna)
    bob = bench.client(subject="bob")
    assert (await bob.get(f"/pages/account/applications/{application_id}")).status_code == 404
    assert (await bob.get(f"/pages/desk/applications/{application_id}")).status_code == 403
    assert "noch keinen Antrag" in (await page(bob, "/account")).text


async def test_a_clerk_takes_up_and_approves_after_a_second_look(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    application_id = await handed_in(anna)
    path = f"/desk/applications/{application_id}"
    assert f"/heidelberg{path}" in [link["href"] for link in (await page(kurt, "/desk")).all("a")]
    assert "Loch" in (await page(kurt, path)).text
    assert (await sent(kurt, f"{path}/take-up", {})).status_code == 303
    assert "In Bearbeitung" in (await page(kurt, path)).text

    asked = await sent(kurt, f"{path}/decision", {"outcome": "APPROVED", "reason": ""})
    assert asked.status_code == 200
    confirm = Seen(asked)
    assert_accessible(confirm)
    await bench.settle()
    assert bench.announced(ApplicationDecided) == []

    done = await sent(kurt, f"{path}/decision", confirm.values)
    assert done.status_code == 303
    await bench.settle()
    assert len(bench.announced(ApplicationDecided)) == 1
    assert "Genehmigt" in (await page(kurt, path)).text
    own = await page(anna, f"/account/applications/{application_id}")
    assert "genehmigt" in own.text
    [letter] = [link["href"] or "" for link in own.all("a") if "/documents/" in (link["href"] or "")]
    pdf = await anna.get(letter.replace("/heidelberg", "/pages"))
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-disposition"].startswith("inline")


async def test_a_rejection_needs_a_reason_that_the_applicant_reads(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    application_id = await handed_in(anna)
    path = f"/desk/applications/{application_id}/decision"
    for form in ({"outcome": "REJECTED", "reason": "  "}, {"reason": "x"}, {"outcome": "MAYBE"}):
        answer = await sent(kurt, path, form)
        assert answer.status_code == 422
        assert_accessible(Seen(answer))
    confirm = Seen(await sent(kurt, path, {"outcome": "REJECTED", "reason": "Kein <Loch>\r\nda."}))
    await sent(kurt, path, confirm.values)
    await bench.settle()
    assert "Kein <Loch>\nda." in (await page(anna, f"/account/applications/{application_id}")).text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"outcome": "x"},
        {"outcome": "REJECTED"},
        {"outcome": "REJECTED", "reason": "x" * 4001},
        {"outcome": "REJECTED", "reason": "\x00"},
        {"outcome": "APPROVED"},
    ],
)
async def test_an_answer_that_shows_a_case_is_on_record(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, form: dict[str, str]
) -> None:
    application_id = await handed_in(anna)
    answer = await sent(kurt, f"/desk/applications/{application_id}/decision", form)
    shown = "Loch" in answer.text or "anna@login.example" in answer.text
    assert shown == (("seen", "kurt") in await trail(bench))


async def test_a_faulty_decision_keeps_what_was_written_and_leads_back(
    anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    path = f"/desk/applications/{await handed_in(anna)}"
    said = Seen(await sent(kurt, f"{path}/decision", {"outcome": "x", "reason": "Zu <klein>"}))
    assert "Zu <klein>" in said.text
    assert f"/heidelberg{path}" in [link["href"] for link in said.all("a")]
    assert [one.get("aria-invalid") for one in said.all("textarea")] == [None]
    missing = Seen(await sent(kurt, f"{path}/decision", {"outcome": "REJECTED"}))
    assert [one.get("aria-invalid") for one in missing.all("textarea")] == ["true"]


async def test_taking_up_what_a_colleague_has_changes_nothing_and_says_so(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    karl = bench.client(roles=["clerk"], subject="karl")
    path = f"/desk/applications/{await handed_in(anna)}"
    for clerk in (kurt, karl, kurt):
        assert (await sent(clerk, f"{path}/take-up", {})).status_code == 303
    assert [actor for action, actor in await trail(bench) if action == "taken-up"] == ["kurt"]
    assert "Sie haben diesen Antrag in Bearbeitung" in (await page(kurt, path)).text
    told = (await page(karl, path)).text
    assert "Jemand anderes hat diesen Antrag schon in Bearbeitung" in told
    assert "kurt" not in told


@pytest.mark.parametrize(("level", "status"), [("1", 403), ("", 403), ("hoch", 403), ("3", 200), ("4", 200)])
async def test_a_form_opens_only_to_a_login_of_its_trust_level(
    bench_of: Callable[..., Awaitable[Bench]], cities: Path, tmp_path: Path, level: str, status: int
) -> None:
    shutil.copytree(cities, tmp_path / "cities")
    form = tmp_path / "cities" / "heidelberg" / "forms" / "ausweis.yaml"
    form.write_text(form.read_text(encoding="utf-8").replace("trust_level: 1", "trust_level: 3"))
    bench = await bench_of("mash_forms", cities=tmp_path / "cities")
    anna = bench.client(subject="anna", acr=level, **ANNA)
    assert (await anna.get("/pages/apply/ausweis")).status_code == status
    begun = await sent(anna, f"/apply/ausweis/{new_id()}/person", {"given_name": "x"})
    assert begun.status_code == (303 if status == 200 else 403)
    assert "Vertrauensniveau 3" in (await page(bench.visitor(), "/services/ausweis")).text


def test_a_card_leads_nobody_to_a_closed_door() -> None:
    manifest = Manifest.of("mash_forms")
    assert manifest.cards
    for card in manifest.cards:
        [route] = [route for route in manifest.routes if card.path == route.path]
        assert route.roles == ()


async def test_a_clerk_who_is_no_citizen_is_not_offered_to_apply(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    for client, offered in ((bench.visitor(), True), (anna, True), (kurt, False)):
        links = [link["href"] for link in (await page(client, "/services/meldung")).all("a")]
        assert ("/heidelberg/apply/meldung" in links) == offered


async def test_a_case_without_an_address_has_no_empty_link(bench: Bench, kurt: httpx.AsyncClient) -> None:
    application_id = await handed_in(bench.client(subject="bob"))
    seen = await page(kurt, f"/desk/applications/{application_id}")
    assert "mailto:" not in [link["href"] for link in seen.all("a")]


async def test_the_queue_filters_searches_and_pages(anna: httpx.AsyncClient, kurt: httpx.AsyncClient) -> None:
    unpaid = await handed_in(anna, "ausweis")
    made = [await handed_in(anna) for _ in range(26)]
    first = await page(kurt, "/desk?state=RECEIVED")
    assert unpaid not in "".join(first.ids) + str(first.all("a"))
    [more] = [link["href"] or "" for link in first.all("a") if link.get("rel") == "next"]
    second = await page(kurt, more.removeprefix("/heidelberg"))
    links = [link["href"] or "" for seen in (first, second) for link in seen.all("a")]
    assert [link.rsplit("/", 1)[1] for link in links if "/desk/applications/" in link] == made
    assert "/heidelberg/desk?state=RECEIVED" not in [link["href"] for link in first.all("a")]
    assert "/heidelberg/desk?state=RECEIVED" in [link["href"] for link in second.all("a")]
    assert "falsch geschrieben" in (await page(kurt, "/desk?reference=HD-0")).text
    assert "Hier liegt nichts" in (await page(kurt, "/desk?state=ACTION_REQUIRED")).text


async def test_pages_leave_no_personal_data_in_addresses(bench: Bench, anna: httpx.AsyncClient) -> None:
    application_id = await handed_in(anna, "ausweis")
    answer = await anna.get(f"/pages/account/applications/{application_id}")
    assert answer.headers["mash-journey"] == application_id
    assert answer.headers["cache-control"] == "no-store"
    assert unquote(answer.headers["mash-title"]).startswith("Parkausweis HD-")
    assert not {"Anna", "Beispiel"} & set(re.findall(r"\w+", unquote(answer.headers["mash-title"])))
    assert "Anna &lt;b&gt;Beispiel" in await desk_page(bench, application_id)


async def test_what_the_form_says_goes_before_the_login(bench: Bench, anna: httpx.AsyncClient) -> None:
    review = await stepped(anna, "ausweis", {**TEXTS, "email": "neu@example.org"})
    await sent(anna, review, {})
    async with bench.unit() as unit:
        application_id = str(await unit.connection.scalar(text("select id from applications")))
    assert "mailto:neu@example.org" in await desk_page(bench, application_id)


async def desk_page(bench: Bench, application_id: str) -> str:
    clerk = bench.client(roles=["clerk"], subject="kurt")
    return (await clerk.get(f"/pages/desk/applications/{application_id}")).text
