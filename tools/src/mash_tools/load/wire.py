# SPDX-License-Identifier: EUPL-1.2
"""How the requests of load users leave: by Locust's HTTP client, which times and counts them."""

from collections.abc import Callable, Collection, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.event import EventHook

from mash_sdk.load import Answer, Unexpected

SLOWEST = 60.0
"""Seconds after which an answer does not count any more."""


class Refused(Exception):
    """A failure as the table of failures shows it: two of the same words are the same."""

    def __repr__(self) -> str:
        return str(self)


class LocustWire:
    """Of one user: its cookies and connections are its own, as a browser's are."""

    def __init__(self, environment: Environment, hosts: Collection[str]) -> None:
        """`hosts`: the only names that are spoken to, wherever a redirect leads."""
        self._environment = environment
        self._hosts = hosts
        self._counting = self._session(environment.events.request)
        self._silent = self._session(EventHook())
        # On loopback browsers send Secure cookies over plain http too.
        self._counting.cookiejar.set_policy(DefaultCookiePolicy(secure_protocols=("https", "http")))
        self._silent.client.cookiejar = self._silent.cookiejar = self._counting.cookiejar

    def _session(self, told: Any) -> FastHttpSession:
        return FastHttpSession(
            base_url="",
            request_event=told,
            user=None,
            insecure=False,
            max_retries=0,
            network_timeout=SLOWEST,
            connection_timeout=SLOWEST,
        )

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
        method, _, name = step.partition(" ")
        host = urlsplit(url).hostname
        if host not in self._hosts:
            raise Unexpected(f"{step} leads to {host}, which is not part of this run")
        session = self._counting if counted else self._silent
        with session.request(
            method, url, name, data=body, headers=dict(headers), allow_redirects=False, catch_response=True
        ) as got:
            answer = _answer(url, got)
            if failure := fault(answer):
                got.failure(Refused(failure))
            else:
                got.success()
        return answer

    def passed(self, step: str, seconds: float, failure: str = "") -> None:
        kind, _, name = step.partition(" ")
        self._environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=1000 * seconds,
            response_length=0,
            exception=Refused(failure) if failure else None,
            context={},
        )


def _answer(url: str, got: Any) -> Answer:
    if got.status_code == 0:
        return Answer(url, 0, {}, _why(got.error).encode())
    return Answer(
        url, got.status_code, {name.lower(): value for name, value in got.headers.items()}, got.content
    )


def _why(error: object) -> str:
    """The kind of failure without ports and addresses, which would make each one another."""
    return type(error).__name__
