# SPDX-License-Identifier: EUPL-1.2
"""How doors ask for what app.py wired: `Payments = Annotated[PaymentService, Provide(PaymentService)]`."""

from collections.abc import Mapping
from typing import Any

from fastapi import Depends
from fastapi.params import Depends as Dependency
from starlette.requests import Request

from mash_sdk.http.state import parts


class Missing(Exception):
    """A door asks for something that app.py does not provide."""


class Provided:
    """Finds the one thing of a type among Program.provides; every door understands it."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    # Awaits nothing; but what is no coroutine FastAPI hands to a thread, each time.
    async def __call__(self, request: Request) -> Any:
        return self.find(parts(request).provides)

    def find(self, provides: Mapping[type, object]) -> Any:
        try:
            return provides[self.kind]
        except KeyError:
            raise Missing(f"app.py provides no {self.kind.__name__}: add it to Program(provides=…)") from None


def Provide(kind: type) -> Dependency:  # noqa: N802 — used like a type in annotations
    found: Dependency = Depends(Provided(kind))
    return found
