# SPDX-License-Identifier: EUPL-1.2
"""module.toml: the whole of what the platform knows of a module (DESIGN §4)."""

import re
import tomllib
from importlib.resources import files
from typing import Annotated, Final, Literal, Self

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

ROUTE: Final = r"^(/[a-z0-9][a-z0-9._-]*)+$"
"""What a route may be: no empty, `.` or `..` segment, no slash at its end."""
RESERVED: Final = (
    "/api/asyncapi.json",
    "/api/openapi.json",
    "/assets",
    "/callback",
    "/healthz",
    "/life",
    "/login",
    "/logout",
    "/metrics",
    "/ops",
    "/readyz",
)
"""What the gateway answers itself: nobody's route lies there, above or below."""

RoutePath = Annotated[str, StringConstraints(pattern=ROUTE)]
OutsidePath = Annotated[str, StringConstraints(pattern=r"^/[a-z0-9][a-z0-9/._-]*$")]
PublicPath = Annotated[
    str, StringConstraints(pattern=r"^(/[A-Za-z0-9][A-Za-z0-9._~-]*)+(/\*)?$", max_length=300)
]
EventName = Annotated[str, StringConstraints(pattern=r"^mash\.[a-z0-9_]+\.v\d+\.[A-Z][A-Za-z0-9]*$")]

Share = Annotated[float, Field(ge=0, le=1)]
"""A part of a whole, 0.01 is one of a hundred."""


def under(path: str, prefix: str) -> bool:
    """Whether a path lies at or below a prefix, by whole segments."""
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")


def overlap(one: str, other: str) -> bool:
    """Whether one of two paths lies at or below the other."""
    return under(one, other) or under(other, one)


def unfit(path: str) -> str | None:
    """Why a path can be nobody's route; None if it can."""
    if re.search(ROUTE, path) is None or path.endswith("\n"):
        return f"route {path} is no path of lower-case segments without an empty one, . or .."
    if any(overlap(path, own) for own in RESERVED):
        return f"route {path} is the gateway's own"
    return None


class ManifestError(Exception):
    """A module.toml that cannot be used; the text says where and why."""


def _range(text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError("is no range of versions; write for example >=0.1,<1") from None
    return text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Route(_Part):
    """A prefix of outside paths (behind the tenant) that the module answers."""

    path: RoutePath
    kind: Literal["api", "page"]
    roles: tuple[str, ...] = ()
    """Any of these may pass the gateway; none named: everyone. The module checks each route again itself."""
    upstream: OutsidePath | None = None
    """Where it lies on the module; default: the same path."""


class Public(_Part):
    """What the module publishes for the edge: one outside path, or with `/*` at its end all below it."""

    path: PublicPath

    def covers(self, path: str) -> bool:
        below = self.path.removesuffix("*")
        return path.startswith(below) and path != below if below != self.path else path == self.path


class Card(_Part):
    """A way into the module on the portal's start page."""

    title: str
    text: str
    path: OutsidePath
    situation: str | None = None


class StepGoal(_Part):
    """What one step of load.py has to reach; a limit that is left out is none."""

    step: Annotated[str, StringConstraints(pattern=r"^[A-Z]+ \S.*$")]
    """As the table of `./mash load` names it: `POST /apply/{form}`."""
    p50_ms: PositiveFloat | None = None
    p95_ms: PositiveFloat | None = None
    p99_ms: PositiveFloat | None = None
    failures: Share | None = None
    """At most this share of the step's own requests."""
    per_second: PositiveFloat | None = None
    """At least so many."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if len(self.model_fields_set) == 1:
            raise ValueError("a goal needs p50_ms, p95_ms, p99_ms, failures or per_second")
        return self


class Goals(_Part):
    """What `./mash load` asks for, and under how much load."""

    users: PositiveInt = 10
    seconds: PositiveInt = 30
    failures: Share = 0.0
    """At most this share of all requests together."""
    steps: tuple[StepGoal, ...] = ()

    @model_validator(mode="after")
    def _steps_are_apart(self) -> Self:
        names = [goal.step for goal in self.steps]
        if len(set(names)) != len(names):
            raise ValueError("two goals are for the same step")
        return self


class Manifest(_Part):
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    title: str
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+([-+].+)?$")]
    sdk: Annotated[str, AfterValidator(_range)]
    """The versions of the SDK it runs on (PEP 440)."""
    owner: str | None = None
    listens: tuple[EventName, ...] = ()
    announces: tuple[EventName, ...] = ()
    streams: tuple[EventName, ...] = ()
    """The messages it puts on streams of its own, and reads from them."""
    reads: tuple[EventName, ...] = ()
    """The messages of other services' streams that it reads. Nobody but its service writes a stream."""
    needs: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    public: tuple[Public, ...] = ()
    cards: tuple[Card, ...] = ()
    retention: dict[str, str] = Field(default_factory=dict)
    """Data class → how long it is kept, in words a person reads."""
    goals: Goals | None = None

    @model_validator(mode="after")
    def _routes_are_apart(self) -> Self:
        paths = [route.path for route in self.routes]
        if len(set(paths)) != len(paths):
            raise ValueError("two routes have the same path")
        return self

    @model_validator(mode="after")
    def _public_is_for_everyone(self) -> Self:
        for public in self.public:
            route = self.route_of(public.path.removesuffix("/*"))
            if route is None or route.kind != "api" or route.roles:
                raise ValueError(f"public path {public.path} lies under no route of kind api without roles")
        return self

    def route_of(self, path: str) -> Route | None:
        """The route that answers an outside path: the longest one, by whole segments."""
        fitting = [r for r in self.routes if path == r.path or path.startswith(r.path.rstrip("/") + "/")]
        return max(fitting, key=lambda route: len(route.path), default=None)

    def publishes(self, path: str) -> bool:
        """Whether what lies at an outside path may be answered at the edge, to everyone."""
        route = self.route_of(path)
        free = route is not None and route.kind == "api" and not route.roles
        return free and any(public.covers(path) for public in self.public)

    def fits(self, sdk: str) -> bool:
        """Whether it runs on that version of the SDK."""
        return SpecifierSet(self.sdk).contains(sdk, prereleases=True)

    @classmethod
    def of(cls, package: str) -> "Manifest":
        """The manifest that ships inside an importable package; ManifestError if it is missing or wrong."""
        place = files(package) / "module.toml"
        if not place.is_file():
            raise ManifestError(f"{package} has no module.toml")
        try:
            return cls.model_validate(tomllib.loads(place.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, ValidationError) as err:
            raise ManifestError(f"{package}/module.toml: {err}") from err
