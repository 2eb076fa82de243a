# SPDX-License-Identifier: EUPL-1.2
"""Environment → one frozen object. Read once at start; nothing else looks at the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mash_sdk.names import Names

PLATFORM_PREFIX = "MASH_"


class SettingsError(Exception):
    """The environment lacks something or holds something wrong; the text says which variable and why."""


class Settings(BaseModel):
    """What every service reads. A service adds its own fields in a subclass.

    A field `kafka` of `forms` is read from FORMS_KAFKA, else MASH_KAFKA; a secret may lie in a file named by
    FORMS_KAFKA_FILE or MASH_KAFKA_FILE. Secrets have no defaults.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    http: str = Field("127.0.0.1:0", description="listen address of the HTTP door; port 0 takes a free one")
    grpc: str = Field("127.0.0.1:0", description="listen address of the gRPC door")
    origin: str | None = Field(None, description="where others reach the HTTP door; default http://<http>")
    postgres: str = Field(description="DSN of the service's own role: row-level security applies")
    postgres_worker: str = Field(description="DSN of the worker role, which bypasses row-level security")
    postgres_admin: str | None = Field(None, description="DSN that may create roles; only `migrate` needs it")
    kafka: str = Field(description="bootstrap servers, host:port")
    kafka_partitions: int = Field(6, ge=1, description="partitions of the topics this service makes")
    kafka_replication: int = Field(1, ge=1, description="replicas of the topics this service makes")
    keycloak: str = Field(description="base URL; a tenant's issuer is <keycloak>/realms/<tenant>")
    client_key: Path = Field(description="PEM, ES256: proves the service to Keycloak and signs announcements")
    otlp: str | None = Field(None, description="OTLP/HTTP base URL for spans; none: they are not exported")
    trace_ratio: float = Field(1.0, ge=0, le=1, description="share of new traces that are sampled")
    cities: Path = Field(description="folder of the municipalities")
    public_url: str = Field("http://localhost:8000", description="where people reach the portal")
    body_limit: int = Field(1 << 20, ge=1024, description="bytes of a request's body, at most")

    @classmethod
    def load(cls, name: str, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings of the service `name`; raise SettingsError naming each variable at fault."""
        prefixes = (Names(name).environment, PLATFORM_PREFIX)
        values: dict[str, str] = {}
        for field in cls.model_fields:
            for prefix in prefixes:
                variable = prefix + field.upper()
                if variable in environ:
                    values[field] = environ[variable]
                    break
                if f"{variable}_FILE" in environ:
                    values[field] = _secret(f"{variable}_FILE", environ)
                    break
        try:
            return cls.model_validate(values)
        except ValidationError as err:
            faults = [
                f"{prefixes[0]}{str(fault['loc'][0]).upper()} (or {PLATFORM_PREFIX}…): {fault['msg']}"
                for fault in err.errors(include_input=False)
            ]
            raise SettingsError("; ".join(faults)) from None


def _secret(variable: str, environ: Mapping[str, str]) -> str:
    try:
        return Path(environ[variable]).read_text(encoding="utf-8").strip()
    except OSError as err:
        raise SettingsError(f"{variable} names a file that cannot be read: {err.strerror}") from None


def address(text: str) -> tuple[str, int]:
    """`host:port` as a pair."""
    host, _, port = text.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)
