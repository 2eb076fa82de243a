# SPDX-License-Identifier: EUPL-1.2
"""One name, derived forms: folder, distribution, import, schema, proto package, environment, topics."""

import re
from dataclasses import dataclass
from keyword import iskeyword

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Names:
    """All forms of a service's or module's name, from the folder's name (`portal-gw`)."""

    folder: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.folder):
            raise ValueError(f"{self.folder!r} is no module name: lower-case words joined by hyphens")
        if iskeyword(self.folder):  # protoc makes a folder of it that Python cannot import
            raise ValueError(f"{self.folder!r} is no module name: it is a word of Python's")

    @classmethod
    def of_package(cls, package: str) -> "Names":
        """From the import name: `mash_portal_gw` → `portal-gw`."""
        return cls(package.removeprefix("mash_").replace("_", "-"))

    @property
    def distribution(self) -> str:
        return f"mash-{self.folder}"

    @property
    def package(self) -> str:
        return f"mash_{self.schema}"

    @property
    def schema(self) -> str:
        return self.folder.replace("-", "_")

    @property
    def role(self) -> str:
        """The PostgreSQL role of the service's own connections."""
        return f"mash_{self.schema}"

    @property
    def worker_role(self) -> str:
        """The role of relay, retention and mixed-tenant work: it bypasses row-level security."""
        return f"mash_{self.schema}_worker"

    @property
    def proto(self) -> str:
        return f"mash.{self.schema}.v1"

    @property
    def environment(self) -> str:
        return f"{self.schema.upper()}_"

    @property
    def client(self) -> str:
        """Keycloak client, Kafka group, OpenTelemetry service.name, image, Kubernetes name."""
        return self.folder

    @property
    def events_topic(self) -> str:
        return f"mash.{self.folder}.events.v1"

    def stream_topic(self, stream: str) -> str:
        return f"mash.{self.folder}.{stream}.v1"

    @property
    def public_topic(self) -> str:
        """Compacted: what the service publishes for the edge (mash_sdk.public)."""
        return f"mash.{self.folder}.public.v1"

    @property
    def dlq_topic(self) -> str:
        return f"{self.folder}.dlq.v1"


def folder_of_proto(proto_package: str) -> str:
    """`mash.portal_gw.v1` → `portal-gw`."""
    prefix, schema, *_ = proto_package.split(".")
    if prefix != "mash":
        raise ValueError(f"{proto_package!r} is not a package of this platform")
    return schema.replace("_", "-")
