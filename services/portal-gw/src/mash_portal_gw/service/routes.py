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
from mash_portal_gw.service.approvals import Approval, NotApproved, under
from mash_sdk import announcing
from mash_sdk.announcing import NotGenuine
from mash_sdk.clock import Clock
from mash_sdk.manifest import Card, Manifest, Route

AHEAD: Final = timedelta(seconds=60)
LONGEST: Final = timedelta(minutes=5)
"""An announcement may lie this far in our future, and may hold this long."""
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
    valid_until: datetime
    circuit: Circuit = field(default_factory=Circuit)

    @property
    def module(self) -> str:
        return self.manifest.name


@dataclass(slots=True)
class Module:
    """A module that was heard of since this gateway started; with no live instance it is gone."""

    manifest: Manifest
    instances: dict[str, Instance] = field(default_factory=dict)


@dataclass(slots=True)
class Target:
    """A route and who answers it."""

    module: Module
    route: Route
    instances: list[Instance] = field(default_factory=list)
    turn: int = 0
    """Counts requests that went out: instances are asked in turns."""

    def upstream_path(self, path: bytes) -> bytes:
        """The path on the module for the raw outside path."""
        if self.route.upstream is None:
            return path
        return self.route.upstream.encode() + path[len(self.route.path) :]


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
        self._heard = datetime.fromtimestamp(0, tz=clock.now().tzinfo)
        self._rejections: dict[tuple[str, str], Rejection] = {}
        self.rejected = 0
        self.version = 0
        """Another one: what `find` said before may not hold any more."""

    # Learning

    def learn(self, key: bytes, value: bytes | None) -> Change:
        """Take one record of the topic: a signed announcement, or a tombstone."""
        name, _, instance = key.decode("utf-8", "replace").partition("/")
        if value is None:
            module = self._modules.get(name)
            if module is None or module.instances.pop(instance, None) is None:
                return "same"
            self._index()
            return "gone"
        try:
            return self._believe(name, instance, value)
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

    def _believe(self, name: str, instance: str, value: bytes) -> Change:
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
        self._heard = max(self._heard, announced_at)
        module = self._modules.setdefault(name, Module(manifest))
        known = module.instances.get(instance)
        if known is not None:
            if known.announced_at >= announced_at:
                return "same"
            known.announced_at, known.valid_until = announced_at, valid_until
            if known.origin == origin and known.manifest == manifest:
                return "same"
        elif len(module.instances) >= INSTANCES and not self._forget_one(module):
            raise NotApproved(f"it has {INSTANCES} instances already")
        module.instances[instance] = Instance(instance, origin, manifest, announced_at, valid_until)
        self._index()
        return "new"

    def _forget_one(self, module: Module) -> bool:
        oldest = min(module.instances.values(), key=lambda i: i.valid_until)
        if self.alive(oldest):
            return False
        del module.instances[oldest.id]
        return True

    def _index(self) -> None:
        """Rebuild path → target. A path of several modules stays with the first by name."""
        targets: dict[str, Target] = {}
        for name, module in sorted(self._modules.items()):
            newest = sorted(module.instances.values(), key=lambda i: i.announced_at, reverse=True)
            if newest:
                module.manifest = max((i.manifest for i in newest), key=lambda m: _version(m.version))
            for route in module.manifest.routes:
                target = targets.setdefault(route.path, Target(module, route))
                if target.module is not module:
                    self._reject(name, f"route {route.path} belongs to {target.module.manifest.name}")
                    continue
                target.instances = [i for i in newest if any(r.path == route.path for r in i.manifest.routes)]
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
        """Whether it still counts. Time is the newest announcement's: a silent topic ends nobody."""
        return instance.valid_until >= self._heard

    def candidates(self, target: Target, now: float) -> Sequence[Instance]:
        """Live instances in the order to try: whose turn it is, those that just failed last."""
        live = [i for i in target.instances if self.alive(i)]
        if len(live) > 1:
            first = target.turn % len(live)
            live = live[first:] + live[:first]
            live.sort(key=lambda i: i.circuit.rank(now))
        return live

    def modules(self) -> Iterable[tuple[Module, list[Instance]]]:
        """Every module heard of, by name, with its live instances."""
        for _, module in sorted(self._modules.items()):
            yield module, [i for i in module.instances.values() if self.alive(i)]

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


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.partition("+")[0].partition("-")[0].split("."))


def _first_fault(err: ValidationError) -> str:
    fault = err.errors(include_input=False, include_url=False)[0]
    return f"its manifest: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
