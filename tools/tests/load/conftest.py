# SPDX-License-Identifier: EUPL-1.2
"""A tiny portal with an identity provider and a register of things, and a module that loads it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parents[3]
LOAD = """
from mash_sdk.load import Person, Visitor, task

class Reader(Visitor):
    pause = (0.05, 0.1)

    @task()
    def read(self):
        self.page("/things/{thing}", thing="a b")

class Maker(Person):
    role = "citizen"
    pause = (0.05, 0.1)

    @task()
    def make(self):
        form = self.page("/make").form("/make")
        with self.intent("thing", form["id"]):
            self.submit("/make", form, {"name": "Ä"})
        self.until("made → listed", lambda: form["id"] in self.stored()["thing"])

    def stored(self):
        return {"thing": [one["id"] for one in self.every("/api/things")]}
"""
MANIFEST = """
name = "probe"
title = "Probe"
version = "0.1.0"
sdk = ">=0.1"
"""


@dataclass
class Portal:
    """What came in, and what is stored. The switches make it a bad one."""

    url: str = ""
    stored: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    loses: bool = False
    doubles: bool = False
    breaks: bool = False
    leads_astray: int = 0
    """After so many logins."""
    is_something_else: bool = False
    is_starting: bool = False
    hesitates: float = 0
    """Seconds it looks at a password; whoever sends the same name meanwhile is refused."""
    busy_with: set[str] = field(default_factory=set)
    made: int = 0


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    portal: Portal

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        portal, parts = self.portal, urlsplit(self.path)
        portal.asked.append(self.path)
        if portal.is_something_else:
            self.answer(404)
        elif portal.is_starting and parts.path == "/readyz":
            self.answer(503, '{"checks": {"login": "not yet"}}')
        elif parts.path == "/heidelberg/login":
            astray = 0 < portal.leads_astray <= len(portal.logins)
            target = "http://elsewhere.example" if astray else portal.url
            self.answer(303, location=f"{target}/identity?state=s")
        elif parts.path == "/identity":
            page = '<form method="post" action="/identity?execution=e"><input name="username">'
            page += '<input type="password" name="password"></form>'
            self.answer(200, page, cookie="provider=1; Path=/identity; Secure; SameSite=None")
        elif parts.path == "/heidelberg/callback" and "code" in parse_qs(parts.query):
            self.answer(303, cookie="session=1; Path=/; HttpOnly", location="/heidelberg/")
        elif parts.path.startswith("/heidelberg/things/"):
            self.answer(500 if portal.breaks else 200, "<h1>thing</h1>")
        elif "session" not in self.cookies:
            self.answer(401, "who?")
        elif parts.path == "/heidelberg/make":
            portal.made += 1
            page = '<form method="post" action="/heidelberg/make"><input type="hidden" name="csrf" value="c">'
            self.answer(
                200, f'{page}<input type="hidden" name="id" value="t{portal.made}"><input name="name">'
            )
        else:
            self.answer(200, json.dumps(self.listed(parse_qs(parts.query))), kind="application/json")

    def listed(self, query: dict[str, list[str]]) -> dict[str, object]:
        begin = int(query.get("after", ["0"])[0])
        shown = self.portal.stored[begin : begin + 5]
        more = begin + 5 < len(self.portal.stored)
        return {"items": [{"id": one} for one in shown], "next": str(begin + 5) if more else None}

    def do_POST(self) -> None:
        portal = self.portal
        portal.asked.append(self.path)
        sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        if self.path.startswith("/identity"):
            right = sent["password"] == ["demo"] and "provider" in self.cookies
            right = right and portal.busy_with.isdisjoint(sent["username"])
            portal.busy_with.update(sent["username"])
            time.sleep(portal.hesitates)
            portal.busy_with.difference_update(sent["username"])
            portal.logins += sent["username"]
            self.answer(302 if right else 200, location=f"{portal.url}/heidelberg/callback?code=c")
        elif sent.get("csrf") != ["c"] or self.headers["origin"] != portal.url or sent["name"] != ["Ä"]:
            self.answer(403)
        else:
            kept = [] if portal.loses else sent["id"]
            portal.stored += kept * 2 if portal.doubles else kept
            self.answer(303, location="/heidelberg/done")

    @property
    def cookies(self) -> SimpleCookie:
        return SimpleCookie(self.headers.get("cookie", ""))

    def answer(
        self, status: int, body: str = "", *, kind: str = "text/html", cookie: str = "", location: str = ""
    ) -> None:
        self.send_response(status)
        for name, value in (("content-type", kind), ("set-cookie", cookie), ("location", location)):
            if value:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())


@pytest.fixture
def portal() -> Iterator[Portal]:
    told = Portal()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("ThisDoor", (Door,), {"portal": told}))
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def module(tmp_path: Path) -> Callable[..., Path]:
    """Makes a module's folder; `goals` is TOML, `load` replaces its load.py."""

    def make(goals: str = "", load: str = LOAD) -> Path:
        package = tmp_path / "probe/src/mash_probe"
        package.mkdir(parents=True)
        (package / "module.toml").write_text(MANIFEST + goals, encoding="utf-8")
        (tmp_path / "probe/load.py").write_text(load, encoding="utf-8")
        return tmp_path / "probe"

    return make


Loading = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def load(portal: Portal, tmp_path: Path) -> Loading:
    """Runs the real command against the portal, for two users and a second."""

    def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "mash_tools", "load", folder, "--host", portal.url]
        words += ["--city", "heidelberg", "--report", tmp_path / "report.html", "--users", "2", "--time", "1"]
        return subprocess.run(
            [*words, *more], cwd=ROOT, capture_output=True, text=True, check=False, timeout=280
        )

    return run
