# SPDX-License-Identifier: EUPL-1.2
"""The network server: at its pace it posts each device's message to the webhook of its application."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mash_simulators.lorawan.device import Device, Motion
from mash_simulators.messages import on_this_machine

# Straight there: a proxy that the environment names is for the world outside.
_STRAIGHT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TRIES = 5
PAUSE = 2.0
BETWEEN = 0.05
"""Seconds between two messages: who has kept many leaves the portal room for others."""
TWICE_EVERY = 10
"""Each so-many-th message is posted twice: a network that is not sure repeats itself."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where one application's messages go, and the key that goes with them."""

    url: str
    key: str
    devices: tuple[Device, ...]


def webhooks_of(configuration: Any) -> list[Webhook]:
    """From `[{"url", "key", "devices": [{"device_id", "dev_eui", "bounds": {field: [low, high, span]}}]}]`.

    Raises ValueError for an address that is not on this machine: made-up readings go nowhere else.
    """
    found = []
    for hook in configuration:
        if not on_this_machine(hook["url"]):
            raise ValueError(f"{hook['url']} is not on this machine")
        devices = tuple(
            Device(
                one["device_id"],
                {name: Motion(*motion) for name, motion in one["bounds"].items()},
                one.get("dev_eui"),
            )
            for one in hook["devices"]
        )
        found.append(Webhook(hook["url"], hook["key"], devices))
    return found


def due(webhooks: list[Webhook], now: float) -> Iterator[tuple[Webhook, dict[str, Any]]]:
    """What all devices have to say at a time, some of it twice."""
    for hook in webhooks:
        for device in sorted(hook.devices, key=lambda one: one.hourly):
            for message in device.uplinks(now):
                yield hook, message
                if message["uplink_message"]["f_cnt"] % TWICE_EVERY == 0:
                    yield hook, message


def post(hook: Webhook, message: dict[str, Any], wait: Callable[[float], None] = time.sleep) -> int:
    """Post it, and again while the other side is away. The last status; 0: it never answered."""
    body = json.dumps(message).encode()
    headers = {"Authorization": f"Bearer {hook.key}", "Content-Type": "application/json"}
    status = 0
    for _ in range(TRIES):
        request = urllib.request.Request(hook.url, body, headers)  # noqa: S310 — looked at by webhooks_of
        try:
            with _STRAIGHT.open(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            status = refused.code
            refused.close()
            if status < 500 and status != 429:  # noqa: PLR2004
                break
        except OSError:
            status = 0
        wait(PAUSE)
    sys.stdout.write(f"{message['end_device_ids']['device_id']}: not taken ({status})\n")
    sys.stdout.flush()
    return status
