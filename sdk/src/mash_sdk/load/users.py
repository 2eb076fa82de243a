# SPDX-License-Identifier: EUPL-1.2
"""Users of the platform under load. Route templates name their steps, so that ids do not swell the table."""

import json as json_module
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, ClassVar, Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

from mash_sdk.load.answers import Answer, Failed, Form
from mash_sdk.load.ledger import Ledger
from mash_sdk.load.login import log_in

T = TypeVar("T")
Does = Callable[[Any], None]
Expected = int | Sequence[int]
WEIGHT = "__mash_load_weight__"
WRITTEN = (200, 201, 202, 204)
LOOK_EVERY = 0.1


def task(weight: int = 1) -> Callable[[Does], Does]:
    """What a user does again and again; among its tasks each is chosen by its weight."""

    def marked(does: Does) -> Does:
        setattr(does, WEIGHT, weight)
        return does

    return marked


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    password: str = field(repr=False)
    turn: Lock = field(default_factory=Lock, repr=False, compare=False)
    """Held while it is typed in: users who share one login take turns."""


@dataclass(frozen=True, slots=True)
class Place:
    """A city's portal, and where in the network the user stands before it."""

    url: str
    """Of the portal's start page, without the last slash."""
    address: str = ""
    """The client's, told as a proxy in front of the portal tells it; empty: the connection's own."""

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


class Wire(Protocol):
    """How requests leave, are timed and counted. Cookies are kept for each user."""

    def request(
        self,
        step: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        fault: Callable[[Answer], str],
        *,
        counted: bool,
    ) -> Answer:
        """`step` begins with the method. What `fault` finds (else empty) is the step's failure."""
        ...

    def passed(self, step: str, seconds: float, failure: str = "") -> None:
        """Count something that is no request."""
        ...


class Visitor:
    """One who has not logged in. Subclasses say what they do in methods marked by `task`."""

    weight: ClassVar[int] = 1
    """How many of all users are of this kind, in relation to the other kinds of the same load.py."""
    pause: ClassVar[tuple[float, float]] = (0.5, 2.0)
    """Seconds between two tasks, from and to."""
    role: ClassVar[str] = ""
    """Of the login; only a Person has one."""

    def __init__(self, place: Place, wire: Wire, ledger: Ledger, login: Login | None = None) -> None:
        self.place = place
        self.counted = True
        """False: what is sent from now on is not part of the load."""
        self._wire = wire
        self._ledger = ledger
        self._login = login
        self._acknowledged: list[tuple[str, str]] = []

    @property
    def account(self) -> str | None:
        """The login's name: who has the same one sees the same things."""
        return self._login.username if self._login else None

    def begin(self) -> None:
        """Once, before the first task; again if it raised."""

    def stored(self) -> Mapping[str, Sequence[str]]:
        """By kind, the ids of what is stored of this user's: compared with what was acknowledged (`intent`).

        Asked after the run, and before it for a login that was used before. Nothing by itself.
        """
        return {}

    @contextmanager
    def intent(self, kind: str, number: str) -> Iterator[None]:
        """Around the request that makes something of this id: left without an error, it was acknowledged."""
        self._ledger.sent(kind, number)
        yield
        if self._ledger.acknowledged(kind, number):
            self._acknowledged.append((kind, number))

    def acknowledged(self, kind: str) -> list[str]:
        """What of this kind was acknowledged to this user, and to nobody before."""
        return [number for one, number in self._acknowledged if one == kind]

    def page(
        self, path: str, *, expect: Expected = 200, query: Mapping[str, str] | None = None, **ids: str
    ) -> Answer:
        """Go to a page behind the city: `page("/services/{form}", form="…")`."""
        return self.fetch(f"GET {path}", self._url(path, ids, query), expect=expect)

    def submit(
        self, path: str, form: Form, values: Mapping[str, str] | None = None, *, expect: Expected = 303
    ) -> Answer:
        """Send a page's form with these values over what it held. `path` is the template that names it."""
        return self.fetch(f"POST {path}", form.action, form={**form.fields, **(values or {})}, expect=expect)

    def api(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        expect: Expected = WRITTEN,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **ids: str,
    ) -> Answer:
        """Call a route as a program does. What is posted has an Idempotency-Key of its own."""
        told = {"accept": "application/json", **(headers or {})}
        body = None
        if json is not None:
            body = json_module.dumps(json).encode()
            told["content-type"] = "application/json"
        if method == "POST":
            told.setdefault("idempotency-key", str(uuid4()))
        return self._send(f"{method} {path}", self._url(path, ids, query), told, body, expect)

    def every(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Any]:
        """All items of a list that pages by cursor."""
        after: dict[str, str] = {}
        while True:
            listed = self.api("GET", path, query={"limit": "100", **(query or {}), **after}).json()
            yield from listed["items"]
            if not listed.get("next"):
                return
            after = {"after": listed["next"]}

    def fetch(
        self, step: str, url: str, *, form: Mapping[str, str] | None = None, expect: Expected = 200
    ) -> Answer:
        """One request as a browser sends it, to wherever a link, form or redirect leads; none is followed."""
        told = {"accept": "text/html"}
        body = None
        if form is not None:
            body = urlencode(form).encode()
            told["content-type"] = "application/x-www-form-urlencoded"
        return self._send(step, url, told, body, expect)

    def until(self, what: str, look: Callable[[], T | None], *, within: float = 30.0) -> T:
        """The first truthy answer of `look`. How long it took is the step `WAIT <what>`."""
        began = time.perf_counter()
        while True:
            found = look()
            taken = time.perf_counter() - began
            if found:
                self._wire.passed(f"WAIT {what}", taken)
                return found
            if taken > within:
                failure = f"not within {within:g} s"
                self._wire.passed(f"WAIT {what}", taken, failure)
                raise Failed(f"{what}: {failure}")
            time.sleep(LOOK_EVERY)

    def _url(self, path: str, ids: Mapping[str, str], query: Mapping[str, str] | None) -> str:
        filled = path.format_map({name: quote(value, safe="") for name, value in ids.items()})
        return f"{self.place.url}{filled}" + (f"?{urlencode(query)}" if query else "")

    def _send(
        self, step: str, url: str, headers: Mapping[str, str], body: bytes | None, expect: Expected
    ) -> Answer:
        told = {"accept-language": "de", **headers}
        if self.place.address:
            told["x-forwarded-for"] = self.place.address
        if not step.startswith("GET "):
            told["origin"] = self.place.origin
        wanted = (expect,) if isinstance(expect, int) else expect

        def fault(answer: Answer) -> str:
            if answer.status in wanted:
                return ""
            return f"{answer.reason}, expected {' or '.join(map(str, wanted))}"

        answer = self._wire.request(step, url, told, body, fault, counted=self.counted)
        if failure := fault(answer):
            raise Failed(f"{step}: {failure}")
        return answer


class Person(Visitor):
    """One who logs in once, through the portal at the identity provider. Subclasses name their `role`."""

    @property
    def login(self) -> Login:
        assert self._login is not None  # noqa: S101 — whoever makes a Person gives it a login
        return self._login

    def begin(self) -> None:
        log_in(self)
