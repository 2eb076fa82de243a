# SPDX-License-Identifier: EUPL-1.2
"""The route table, learnt from signed announcements. What nobody announced does not exist."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import ValidationError

from mash_portal_gw.model.circuit import Circuit
from mash_portal_gw.model.origin import Origin
from mash_portal_gw.service.approvals import Approval, NotApproved
from mash_portal_gw.service.topic_time import TopicTime
from mash_sdk import announcing
from mash_sdk.announcing import NotGenuine
from mash_sdk.clock import Clock
from mash_sdk.manifest import Card, Manifest, Route, under

AHEAD: Final = timedelta(seconds=60)
LONGEST: Final = timedelta(minutes=5)
"""An announcement may lie this far in our future, and may hold this long; one that comes now and says it
is older than that was told before, or its module's clock is wrong."""
LARGEST: Final = 256 << 10
"""Bytes of an announcement; a manifest with a hundred routes has a tenth of that."""
INSTANCES: Final = 64
REJECTIONS: Final = 200
VERSION: Final = 64
"""Characters of a version."""


@dataclass(slots=True)
class Instance:
    """One running process of a module."""

    id: str
    origin: Origin
    manifest: Manifest
    announced_at: datetime
    """By its own clock: only to tell its announcements apart, never those of others."""
    ends: float
    """Until when it counts, in the topic's time."""
    circuit: Circuit = field(default_factory=Circuit)

    @property
    def module(self) -> str:
        return self.manifest.name


@dataclass(slots=True)
class Module:
    """A module that was heard of since this gateway started; with no live instance it is gone."""

    manifest: Manifest
    """Of the newest version that lives; if none does, of the one that did last."""
    instances: dict[str, Instance] = field(default_factory=dict)


@dataclass(slots=True)
class Target:
    """A path and who answers it: instances of one module, each as its own version announced it."""

    module: Module
    route: Route
    """Of the newest version that lives."""
    instances: list[Instance] = field(default_factory=list)
    turn: int = 0
    """Counts requests that went out: instances are asked in turns."""
    differing: dict[str, Route] = field(default_factory=dict)
    """By instance, where a version that is still there announced the path in another way."""

    def route_at(self, instance: Instance) -> Route:
        """The route as the instance's version announced it."""
        return self.differing.get(instance.id, self.route) if self.differing else self.route

    def upstream_path(self, path: bytes, instance: Instance) -> bytes:
        """The path on that instance for the raw outside path."""
        route = self.route_at(instance)
        if route.upstream is None:
            return path
        return route.upstream.encode() + path[len(route.path) :]


@dataclass(slots=True)
class Rejection:
    """An announcement that was not believed, and why; shown at /ops/modules."""

    name: str
    reason: str
    count: int
    last: datetime


Change = Literal["new", "same", "gone", "rejected"]


class RouteTable:
    """Who is there, and which path leads where."""

    def __init__(self, approvals: Mapping[str, Approval], clock: Clock) -> None:
        self._approvals = dict(approvals)
        self._clock = clock
        self._modules: dict[str, Module] = {}
        self._targets: dict[str, Target] = {}
        self._time = TopicTime(clock)
        self._living: frozenset[str] = frozenset()
        self._rejections: dict[tuple[str, str], Rejection] = {}
        self.rejected = 0
        self.version = 0
        """Another one: what `find` said before may not hold any more."""

    # Learning

    def learn(self, key: bytes, value: bytes | None, appended: float | None = None) -> Change:
        """Take one record of the topic: a signed announcement, or a tombstone.

        `appended`: while what was there before is read, when the broker laid the record down (epoch seconds
        by its clock; 0.0: it does not say). None: the record comes now.
        """
        name, _, instance = key.decode("utf-8", "replace").partition("/")
        if value is None:
            module = self._modules.get(name)
            if module is None or module.instances.pop(instance, None) is None:
                return "same"
            self._index()
            return "gone"
        try:
            return self._believe(name, instance, value, appended)
        except (NotGenuine, NotApproved, ValidationError) as err:
            self._reject(name, str(err) if not isinstance(err, ValidationError) else _first_fault(err))
            return "rejected"

    def approve(self, approvals: Mapping[str, Approval]) -> None:
        """The operator changed the approvals: whose approval changed must announce itself again."""
        for name in list(self._modules):
            if self._approvals.get(name) != approvals.get(name):
                del self._modules[name]
        self._approvals = dict(approvals)
        self._index()

    def _believe(self, name: str, instance: str, value: bytes, appended: float | None) -> Change:
        if len(value) > LARGEST:
            raise NotGenuine(f"it has {len(value)} bytes, more than {LARGEST}")
        said, signed = announcing.read(value)
        approval = self._approvals.get(name)
        if said.name != name or said.instance != instance or not instance:
            raise NotGenuine("the record's key is not what the announcement says")
        if approval is None:
            raise NotApproved("no module of this name is approved")
        announcing.verify(signed, approval.key)
        announced_at, valid_until = _moment(said.announced_at), _moment(said.valid_until)
        if announced_at > self._clock.now() + AHEAD or valid_until - announced_at > LONGEST:
            raise NotApproved("it claims to come from the future, or to hold for too long")
        manifest = _manifest(said.manifest, name)
        origin = approval.check(manifest, said.origin)
        module = self._modules.get(name) or Module(manifest)
        known = module.instances.get(instance)
        if known is not None and known.announced_at >= announced_at:
            return "same"
        if appended is None and announced_at < self._clock.now() - LONGEST:
            raise NotApproved("it was announced long ago: its clock is wrong, or somebody tells it again")
        if known is None and len(module.instances) >= INSTANCES and not self._forget_one(module):
            raise NotApproved(f"it has {INSTANCES} instances already")
        self._modules[name] = module
        ends = self._time.heard(appended) + (valid_until - announced_at).total_seconds()
        if known is not None and known.origin == origin and known.manifest == manifest:
            known.announced_at, known.ends = announced_at, ends
            if self._alive_now() != self._living:
                self._index()
            return "same"
        module.instances[instance] = Instance(instance, origin, manifest, announced_at, ends)
        self._index()
        return "new"

    def _forget_one(self, module: Module) -> bool:
        oldest = min(module.instances.values(), key=lambda i: i.ends)
        if self.alive(oldest):
            return False
        del module.instances[oldest.id]
        return True

    def _alive_now(self) -> frozenset[str]:
        every = (i for module in self._modules.values() for i in module.instances.values())
        return frozenset(i.id for i in every if self.alive(i))

    def _index(self) -> None:
        """Rebuild path → target: every path of a version that lives. The dead have no say beside the living.

        A path of several modules stays with the first by name.
        """
        targets: dict[str, Target] = {}
        self._living = self._alive_now()
        for name, module in sorted(self._modules.items()):
            live = sorted((i for i in module.instances.values() if i.id in self._living), key=_newest)
            if live:
                module.manifest = live[0].manifest
            for manifest in (module.manifest, *(i.manifest for i in live[1:])):
                for route in manifest.routes:
                    if targets.setdefault(route.path, Target(module, route)).module is not module:
                        owner = targets[route.path].module.manifest.name
                        self._reject(name, f"route {route.path} belongs to {owner}")
            for instance in live:
                for route in instance.manifest.routes:
                    target = targets[route.path]
                    if target.module is module:
                        target.instances.append(instance)
                        if route != target.route:
                            target.differing[instance.id] = route
        self._targets = targets
        self.version += 1

    def refuse(self, name: str, reason: str) -> None:
        """Show operators what else of a module was not accepted."""
        self._reject(name, reason)

    def _reject(self, name: str, reason: str) -> None:
        self.rejected += 1
        name, reason = name[:80], reason[:300]
        known = self._rejections.get((name, reason))
        if known is None:
            if len(self._rejections) >= REJECTIONS:
                oldest = min(self._rejections, key=lambda k: self._rejections[k].last)
                del self._rejections[oldest]
            known = self._rejections[name, reason] = Rejection(name, reason, 0, self._clock.now())
        known.count += 1
        known.last = self._clock.now()

    # Asking

    def owner(self, path: str) -> str | None:
        """The name of the module that answers an outside path."""
        target = self.find(path)
        return target.module.manifest.name if target is not None else None

    def find(self, path: str) -> Target | None:
        """The route with the longest matching prefix, by whole segments."""
        targets = self._targets
        while path:
            target = targets.get(path)
            if target is not None:
                return target
            path = path.rpartition("/")[0]
        return None

    def is_awaited(self, path: str) -> bool:
        """Whether `path` is approved for a module that this gateway has not heard of yet."""
        return any(
            under(path, prefix)
            for approval in self._approvals.values()
            if approval.name not in self._modules
            for prefix in approval.routes
        )

    def alive(self, instance: Instance) -> bool:
        """Whether it still counts, in the topic's time: a silent topic ends nobody."""
        return instance.ends >= self._time.now

    def candidates(self, target: Target, now: float) -> Sequence[Instance]:
        """Live instances in the order to try: whose turn it is, those that just failed last."""
        live = [i for i in target.instances if self.alive(i)]
        if len(live) > 1:
            first = target.turn % len(live)
            live = live[first:] + live[:first]
            live.sort(key=lambda i: i.circuit.rank(now))
        return live

    def modules(self) -> Iterable[tuple[Module, list[Instance]]]:
        """Every module heard of, by name, with its live instances, those of the newest version first."""
        for _, module in sorted(self._modules.items()):
            yield module, sorted((i for i in module.instances.values() if self.alive(i)), key=_newest)

    def cards(self) -> list[Card]:
        """The ways into live modules for the start page."""
        return [card for module, live in self.modules() if live for card in module.manifest.cards]

    def rejections(self) -> list[Rejection]:
        return sorted(self._rejections.values(), key=lambda r: r.last, reverse=True)

    @property
    def approved(self) -> Mapping[str, Approval]:
        return self._approvals


def _manifest(text: str, name: str) -> Manifest:
    manifest = Manifest.model_validate_json(text)
    if manifest.name != name:
        raise NotApproved("its manifest is of another module")
    if len(manifest.version) > VERSION:
        raise NotApproved(f"its version has more than {VERSION} characters")
    return manifest


def _moment(stamp: Timestamp) -> datetime:
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise NotApproved("it names a time that no calendar has") from None


def _newest(instance: Instance) -> tuple[list[int], str]:
    """Sorts the newest version first."""
    return [-part for part in _version(instance.manifest.version)], instance.id


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.partition("+")[0].partition("-")[0].split("."))


def _first_fault(err: ValidationError) -> str:
    fault = err.errors(include_input=False, include_url=False)[0]
    return f"its manifest: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
