# SPDX-License-Identifier: EUPL-1.2
"""Drivers of signs: one file a protocol, each under its name in DRIVERS. docs/how-to/connect-a-sign.md."""

from collections.abc import Mapping
from typing import Final, Protocol

from mash_winter.gateways.signs.controllers import Controllers
from mash_winter.gateways.signs.mash_http import MashHttp
from mash_winter.service.switching import SignDriver


class Driver(SignDriver, Protocol):
    async def close(self) -> None: ...


class Make(Protocol):
    def __call__(self, controllers: Controllers, seconds: float) -> Driver: ...


DRIVERS: Final[Mapping[str, Make]] = {"mash-http": MashHttp}
"""By the name that signs.toml gives."""


def drivers(controllers: Controllers, seconds: float) -> Mapping[str, Driver]:
    return {name: make(controllers, seconds) for name, make in DRIVERS.items()}
