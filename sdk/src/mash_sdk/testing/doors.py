# SPDX-License-Identifier: EUPL-1.2
"""The HTTP ways into a Program, as its suites walk them."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi.routing import APIRoute

from mash_sdk.http.guards import Allow
from mash_sdk.http.router import guards
from mash_sdk.ids import new_id
from mash_sdk.program import Program


@dataclass(frozen=True, slots=True)
class Door:
    """One way into a Program by HTTP."""

    method: str
    path: str
    guards: tuple[Allow, ...]

    @property
    def public(self) -> bool:
        return all(guard.public for guard in self.guards)

    def url(self) -> str:
        """The path with something fitting in each place."""
        parts = (new_id() if part.startswith("{") else part for part in self.path.split("/"))
        return "/".join(parts)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def doors(program: Program) -> Iterator[Door]:
    for router in program.http:
        for route in router.routes:
            assert isinstance(route, APIRoute), f"{route} is no route of a Router"
            for method in sorted(set(route.methods or ()) - {"HEAD"}):
                yield Door(method, route.path_format, tuple(guards(route.dependant)))
