# SPDX-License-Identifier: EUPL-1.2
"""A page that follows along: what its script asks for in between, and what it is told."""

import re
from collections.abc import Mapping

import httpx
import pytest

from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

FIRST = {"given_name": "Anna", "kind": "only", "moved_in": "2026-01-15"}
ROW = {"children.0": "row", "children.0.name": "Ben"}


class Script:
    """What the portal's script sends from one page."""

    def __init__(self, client: httpx.AsyncClient, base: str) -> None:
        self.client = client
        self.base = base

    async def says(self, step: str, values: Mapping[str, str], action: str = "follow", *touched: str) -> str:
        data = {"csrf": CSRF, "live": "1", "touched": " ".join(touched), **values, "action": action}
        answer = await self.client.post(f"/pages{self.base}/{step}", data=data)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def anna(bench: Bench) -> Script:
    return Script(bench.client(subject="anna", given_name="Anna"), f"/apply/wohnung/{new_id()}")


def parts(page: str) -> list[str]:
    return re.findall(r'data-part="([^"]+)"', page)


async def test_a_changed_answer_brings_the_questions_that_follow_from_it_and_is_kept(anna: Script) -> None:
    assert parts(await anna.says("home", FIRST)) == ["f-given_name", "f-kind", "f-moved_in"]
    found = parts(await anna.says("home", {**FIRST, "kind": "second"}))
    assert found == ["f-given_name", "f-kind", "f-reason", "f-moved_in"]
    again = (await anna.client.get(f"/pages{anna.base}/home")).text
    assert "f-reason" in parts(again)


async def test_only_what_was_answered_is_said_to_be_wrong(anna: Script) -> None:
    wrong = {**FIRST, "given_name": "", "moved_in": "1026-01-15"}
    page = await anna.says("home", wrong, "follow", "moved_in")
    assert page.count("kern-form-input--error") == 1
    assert 'id="faults"' not in page, "a summary is for who has sent the page"
    page = await anna.says("home", {**wrong, "checked": "1"}, "follow", "moved_in")
    assert page.count("kern-form-input--error") == 2
    assert 'id="faults"' in page
    assert 'name="checked"' in page, "who has sent it once goes on hearing of all"


async def test_rows_come_and_go_without_leaving_the_page(anna: Script) -> None:
    await anna.says("home", FIRST)
    page = await anna.says("family", ROW, "add:children")
    assert 'name="children.1"' in page
    assert 'value="Ben"' in page
    page = await anna.says("family", {**ROW, "children.1": "row"}, "remove:children:0")
    assert 'name="children.1"' not in page
    assert "Ben" not in page


async def test_every_control_lies_in_a_part_of_its_own_name(anna: Script) -> None:
    await anna.says("home", FIRST)
    page = await anna.says("family", ROW)
    found = parts(page)
    assert len(set(found)) == len(found) > 0
    assert "data-follows" in page
    names = re.findall(r'name="([a-z_]+)[^"]*" id="f-', page.partition("data-parts")[2])
    assert {f"f-{name}" for name in names} == set(found)


async def test_a_step_that_is_not_asked_any_more_leads_on_as_without_a_script(anna: Script) -> None:
    await anna.says("home", {**FIRST, "kind": "second", "reason": "Arbeit"})
    await anna.says("leaving", {"moved_out": "2026-02-01"})
    await anna.says("home", FIRST)
    data = {"csrf": CSRF, "live": "1", "action": "follow", "moved_out": "2026-02-01"}
    answer = await anna.client.post(f"/pages{anna.base}/leaving", data=data)
    assert answer.status_code == 303
