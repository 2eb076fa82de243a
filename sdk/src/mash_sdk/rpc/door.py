# SPDX-License-Identifier: EUPL-1.2
"""One gRPC service of a Program, and what its contract says about who may call which method."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pool

from mash.platform.v1 import options_pb2
from mash_sdk.identity import Principal


class DoorError(Exception):
    """A gRPC service cannot be offered as it is; the text says why. The Program does not start."""


@dataclass(frozen=True, slots=True)
class RpcDoor:
    """A generated `add_…Servicer_to_server` and the object that answers."""

    add: Callable[[Any, Any], None]
    servicer: object

    def methods(self) -> Iterator["Method"]:
        """All methods with their callers. Raise DoorError for one that names no caller: deny by default."""
        recorded = _Recorder()
        self.add(self.servicer, recorded)
        for service, handlers in recorded.services.items():
            contract = descriptor_pool.Default().FindServiceByName(service)
            for name, handler in handlers.items():
                path = f"{service}/{name}"
                options: Any = contract.methods_by_name[name].GetOptions()
                callers = options.Extensions[options_pb2.callers]
                modules = bool(options.Extensions[options_pb2.modules])
                if not callers and not modules:
                    raise DoorError(f"{path}: the contract names no (mash.platform.v1.callers)")
                if handler.request_streaming or handler.response_streaming:
                    raise DoorError(f"{path}: streams are not offered; use an event or a page of a list")
                yield Method(path, frozenset(callers), modules, handler)


@dataclass(frozen=True, slots=True)
class Method:
    """One method: `path` is `mash.forms.v1.ApplicationService/GetApplicant`."""

    path: str
    callers: frozenset[str]
    modules: bool
    """Any approved module that needs this service may call it."""
    handler: Any

    def admits(self, caller: Principal) -> bool:
        """Whether the contract lets this caller in. Whether the token is meant for us was seen before."""
        if caller.kind != "service":
            return False
        return caller.client in self.callers or (self.modules and caller.module)

    @property
    def service(self) -> str:
        return self.path.partition("/")[0]

    @property
    def name(self) -> str:
        return self.path.partition("/")[2]


class _Recorder:
    """Stands in for a grpc.Server while a generated function registers its handlers."""

    def __init__(self) -> None:
        self.services: dict[str, Mapping[str, Any]] = {}

    def add_generic_rpc_handlers(self, handlers: object) -> None:
        """Older way of registering the same; nothing to do."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        self.services[service] = handlers
