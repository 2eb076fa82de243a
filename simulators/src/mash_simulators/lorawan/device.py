# SPDX-License-Identifier: EUPL-1.2
"""A made-up device: figures that move slowly between two bounds, frames that are counted."""

from __future__ import annotations

import math
import secrets
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PERIOD = 1800.0
"""Seconds from high to low and back."""
TURNS = 2 * math.pi


@dataclass
class Device:
    """One end device. Its session is new whenever the simulator starts, as after a join."""

    device_id: str
    bounds: dict[str, tuple[float, float]]
    """Field of the decoded payload (`outer/inner` for one within another) → lowest and highest figure."""
    dev_eui: str | None = None
    session: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    frame: int = 0

    def figures(self, now: float) -> dict[str, Any]:
        """The decoded payload at a time (POSIX seconds): the same for the same time."""
        payload: dict[str, Any] = {}
        for name, (low, high) in self.bounds.items():
            shift = zlib.crc32(f"{self.device_id}/{name}".encode()) / 2**32
            wave = math.sin(TURNS * (now / PERIOD + shift))
            *outer, last = name.split("/")
            inside = payload
            for step in outer:
                inside = inside.setdefault(step, {})
            inside[last] = round((low + high) / 2 + (high - low) / 2 * wave, 2)
        return payload

    def uplink(self, now: float) -> dict[str, Any]:
        """Its next message."""
        self.frame += 1
        moment = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
        ids: dict[str, Any] = {
            "device_id": self.device_id,
            "application_ids": {"application_id": "mash-simulator"},
        }
        return {
            "end_device_ids": ids | ({"dev_eui": self.dev_eui} if self.dev_eui else {}),
            "received_at": moment,
            "uplink_message": {
                "session_key_id": self.session,
                "f_port": 1,
                "f_cnt": self.frame,
                "decoded_payload": self.figures(now),
                "received_at": moment,
            },
        }
