# SPDX-License-Identifier: EUPL-1.2
"""How an exchange with a module may fail, what clients are told of it, and what it says of the instance."""

import logging
import math
import time
from collections.abc import Sequence
from typing import Protocol

from mash_portal_gw.edge.connection import Connection, Garbled, TimedOut, UpstreamError
from mash_portal_gw.model.circuit import Circuit, Rule
from mash_portal_gw.model.origin import Origin
from mash_portal_gw.signals import CIRCUIT_OPENED
from mash_sdk.problems import Problem, Unavailable
from mash_sdk.telemetry import count

log = logging.getLogger(__name__)


class BadGateway(Problem):
    """The module answered something that is no answer."""

    status, kind, title = 502, "bad-gateway", "Der Dienst antwortet fehlerhaft"


class GatewayTimeout(Problem):
    """The module did not answer in time. Whether it did what was asked is not known."""

    status, kind, title = 504, "gateway-timeout", "Der Dienst antwortet nicht rechtzeitig"


class Cut(Exception):
    """The answer broke off half-way: the client's connection has to break off as well."""


class Peer(Protocol):
    """An instance of a module, as far as forwarding cares."""

    @property
    def origin(self) -> Origin: ...

    @property
    def module(self) -> str: ...

    circuit: Circuit


class Outcomes:
    """Keeps the circuits of instances by how exchanges with them end."""

    def __init__(self, rule: Rule) -> None:
        """`rule`: when an instance is not asked any more."""
        self._rule = rule

    def failed(self, peer: Peer, connection: Connection, err: UpstreamError) -> Problem:
        """What a client is told of an exchange that failed; one without any answer counts."""
        if connection.answered:
            peer.circuit.good()
        else:
            self.bad(peer)
        return problem_of(err)

    def bad(self, peer: Peer) -> None:
        if peer.circuit.bad(time.monotonic(), self._rule):
            count(CIRCUIT_OPENED, attributes={"mash.module": peer.module})
            log.warning(
                "%s at %s does not answer: it is left alone for a while", peer.module, peer.origin.url
            )


def problem_of(err: UpstreamError) -> Problem:
    """What a client is told of an exchange that failed."""
    if isinstance(err, TimedOut):
        return GatewayTimeout("Der Dienst antwortet nicht rechtzeitig.")
    if isinstance(err, Garbled):
        return BadGateway("Der Dienst antwortet fehlerhaft.")
    return BadGateway("Die Verbindung zum Dienst brach ab.")


def nobody(peers: Sequence[Peer]) -> Unavailable:
    now = time.monotonic()
    wait = min((peer.circuit.wait(now) for peer in peers), default=0.0)
    return Unavailable(
        "Dieser Dienst ist vorübergehend nicht erreichbar.",
        kind="module-gone",
        retry_after=max(2, math.ceil(wait)),
    )
