# SPDX-License-Identifier: EUPL-1.2
"""What an operator approved gives nobody what is another's, nor a later version more than was seen."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from mash_portal_gw.gateways.approvals_file import read

Front = Any
PAGE = "/heidelberg/y/b"


def approve(front: Front, file: Path, **more: dict[str, Any]) -> None:
    """Change what is approved: `more` by module, over what the file says."""
    entries = json.loads(file.read_text())
    for name, entry in more.items():
        entries[name] |= entry
    file.write_text(json.dumps(entries))
    front.routes.approve(read(file))


def announced(front: Front, name: str, *routes: dict[str, Any]) -> str:
    """Empty if it was believed, else what operators read."""
    manifest = front.announce(name, list(routes))
    key, value = front.record(manifest, "http://127.0.0.1:9", "a")
    if front.routes.learn(key, value) == "new":
        return ""
    return next(one.reason for one in front.routes.rejections() if one.name == name)


@pytest.mark.parametrize(
    "path",
    [
        "/ops",
        "/ops/x",
        "/life",
        "/assets/x",
        "/login",
        "/api",
        "/metrics/x",
        "/y/../z",
        "/y//z",
        "/Y",
        "/y/",
        "y",
        "",
    ],
)
def test_what_is_nobodys_is_not_given(
    front: Front, approvals: Path, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    approve(front, approvals, desk={"routes": ["/desk", path]})
    (logged,) = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert "desk: the approval gives nothing" in logged
    assert "the approval gives nothing" in announced(front, "desk", {"path": "/desk", "kind": "page"})
    assert front.routes.find("/desk") is None
    assert announced(front, "sensors", {"path": "/api/sensors", "kind": "api"}) == ""


@pytest.mark.parametrize(("mine", "theirs"), [("/y", "/y/b"), ("/y/b", "/y"), ("/y", "/y")])
async def test_of_two_that_collide_neither_gets_it(
    front: Front, approvals: Path, mine: str, theirs: str
) -> None:
    approve(front, approvals, desk={"routes": [mine]}, sensors={"routes": [theirs, "/api/sensors"]})
    assert f"{mine} collides with {theirs} of sensors" in announced(
        front, "desk", {"path": mine, "kind": "page"}
    )
    assert f"{theirs} collides with {mine} of desk" in announced(
        front, "sensors", {"path": theirs, "kind": "page"}
    )
    assert announced(front, "forms", {"path": "/services", "kind": "page"}) == ""
    async with front.browser() as browser:
        assert (await browser.get(PAGE)).status_code == 404
        await front.login(browser, "/ops/", roles=("operator",))
        page = (await browser.get("/ops/modules")).text
    assert page.count("gilt nicht") == 2
    assert f"collides with {theirs} of sensors" in page


def test_who_gets_nothing_takes_nothing_from_others(front: Front, approvals: Path) -> None:
    approve(
        front,
        approvals,
        desk={"routes": ["/y", "/services"]},
        sensors={"routes": ["/y"]},
        forms={"platform": True},
    )
    assert "collides with /services of forms" in announced(front, "desk", {"path": "/y", "kind": "page"})
    assert announced(front, "sensors", {"path": "/y", "kind": "page"}) == ""


@pytest.mark.parametrize("path", ["/services", "/account/mailbox/x", "/account"])
def test_what_a_service_has_no_module_gets(front: Front, approvals: Path, path: str) -> None:
    """Services share paths among themselves; that is the platform's own affair."""
    approve(
        front,
        approvals,
        forms={"platform": True},
        sensors={"routes": ["/account/mailbox", "/api/sensors"], "platform": True},
        desk={"routes": [path]},
    )
    assert "collides with" in announced(front, "desk", {"path": path, "kind": "page"})
    assert announced(front, "forms", {"path": "/services", "kind": "page"}) == ""
    assert announced(front, "sensors", {"path": "/account/mailbox", "kind": "page"}) == ""


DESK = {"path": "/desk", "kind": "page"}
SEEN = {"/desk/inner": ["clerk", "editor"]}


@pytest.mark.parametrize(
    ("routes", "wrong"),
    [
        ([DESK, {"path": "/desk/inner", "kind": "page", "roles": ["clerk"]}], ""),
        ([DESK | {"roles": ["clerk"]}], ""),
        ([DESK, {"path": "/desk/inner", "kind": "page"}], "/desk/inner"),
        ([DESK, {"path": "/desk/inner", "kind": "page", "roles": ["clerk", "citizen"]}], "/desk/inner"),
        ([DESK], "/desk"),
        ([DESK | {"roles": ["clerk"]}, {"path": "/desk/inner/x", "kind": "page"}], "/desk/inner/x"),
    ],
)
def test_a_version_that_lets_others_pass_than_was_approved_stays_out(
    front: Front, approvals: Path, routes: list[dict[str, Any]], wrong: str
) -> None:
    approve(front, approvals, desk={"roles": SEEN})
    said = announced(front, "desk", *routes)
    assert (
        said.startswith(f"route {wrong} lets others pass than was approved for /desk/inner")
        if wrong
        else not said
    )
    assert (front.routes.find("/desk") is None) == bool(wrong)


def test_an_approval_without_roles_binds_paths_only(front: Front) -> None:
    assert announced(front, "desk", DESK, {"path": "/desk/inner", "kind": "page"}) == ""
