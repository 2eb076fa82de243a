# SPDX-License-Identifier: EUPL-1.2
"""A made-up device: figures that move between two bounds, frames that are counted."""

from __future__ import annotations

import math
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PERIOD = 1800.0
"""Seconds from high to low and back."""
TURNS = 2 * math.pi
HOUR = 3600
KEPT = 24
"""Hours of which a device that measures levels still tells at its start: what it had kept meanwhile."""
THINNED = 4
"""So many hours apart."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Between what a figure moves."""

    low: float
    high: float
    span: float | None = None
    """Seconds of the way up, after which it falls at once; below 0 of the way down. None: up and down."""

    def at(self, now: float, shift: float) -> float:
        """At a time (POSIX seconds), always the same then. `shift`: the share of a period it is ahead."""
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
        if self.span is None:
            return round(middle + half * math.sin(TURNS * (now / PERIOD + shift)), 2)
        share = (now / abs(self.span) + shift) % 1
        return round(middle + half * (2 * share - 1 if self.span > 0 else 1 - 2 * share), 2)


@dataclass
class Device:
    """One end device. Its session is new whenever the simulator starts, as after a join."""

    device_id: str
    motions: dict[str, Motion]
    """Field of the decoded payload (`outer/inner` for one within another) → how its figure moves."""
    dev_eui: str | None = None
    session: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    frame: int = 0
    told: int = 0
    """The last hour that it told of, where it measures levels."""

    @property
    def hourly(self) -> bool:
        """It measures a level, which moves over days: it reports by the hour."""
        return any(motion.span is not None for motion in self.motions.values())

    def figures(self, now: float) -> dict[str, Any]:
        """The decoded payload at a time (POSIX seconds): the same for the same time."""
        payload: dict[str, Any] = {}
        for name, motion in self.motions.items():
            shift = zlib.crc32(f"{self.device_id}/{name}".encode()) / 2**32
            *outer, last = name.split("/")
            inside = payload
            for step in outer:
                inside = inside.setdefault(step, {})
            inside[last] = motion.at(now, shift)
        return payload

    def uplinks(self, now: float) -> Iterator[dict[str, Any]]:
        """What it has to say at a time. By the hour, each hour's message is the same at every start."""
        if not self.hourly:
            self.frame += 1
            yield self._uplink(now, self.session, self.frame)
            return
        hour = int(now // HOUR)
        for one in range(max(self.told + 1, hour - KEPT), hour + 1):
            if one > hour - 1 or one % THINNED == 0:
                yield self._uplink(one * HOUR, f"{self.device_id}-by-the-hour", one)
        self.told = hour

    def _uplink(self, now: float, session: str, frame: int) -> dict[str, Any]:
        moment = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
        ids: dict[str, Any] = {
            "device_id": self.device_id,
            "application_ids": {"application_id": "mash-simulator"},
        }
        return {
            "end_device_ids": ids | ({"dev_eui": self.dev_eui} if self.dev_eui else {}),
            "received_at": moment,
            "uplink_message": {
                "session_key_id": session,
                "f_port": 1,
                "f_cnt": frame,
                "decoded_payload": self.figures(now),
                "received_at": moment,
            },
        }
