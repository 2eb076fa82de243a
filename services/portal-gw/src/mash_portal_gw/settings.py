# SPDX-License-Identifier: EUPL-1.2
"""What the gateway reads from its environment."""

from pathlib import Path

from pydantic import Field, field_validator

from mash_portal_gw.model.network import networks
from mash_sdk import settings as sdk


class Settings(sdk.Settings):
    """PORTAL_GW_… (or MASH_…). See README.md for what each is for."""

    session_key: str = Field(
        min_length=32, description="secret: session tokens and login state are sealed with it"
    )
    body_limit: int = Field(
        26 << 20, ge=1024, description="bytes of a request's body that are passed on; services allow less"
    )
    approvals: Path = Field(description="JSON file of the approved modules: name, public key, routes")
    kern: Path | None = Field(None, description="dist folder of @kern-ux/native; none: pages without KERN")
    traces: str | None = Field(None, description="Jaeger JSON query API, for /ops/traces")
    mail_sink: str | None = Field(None, description="the demo's mail sink (HTTP JSON), for /ops/mail")
    trusted_proxies: str = Field("", description="networks whose X-Forwarded-* are believed, comma separated")
    form_targets: str = Field("", description="origins a form's answer may redirect to, comma separated")
    session_idle: int = Field(
        30 * 60, ge=60, description="seconds without a request after which a session ends"
    )
    session_longest: int = Field(
        10 * 3600, ge=60, description="seconds after which a session ends in any case"
    )
    session_cache: float = Field(
        5.0, ge=0, le=60, description="seconds a session is remembered without a look"
    )
    token_cache: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="seconds a token is used before Keycloak is asked again if it still counts",
    )
    rate_client: float = Field(50.0, gt=0, description="requests a second of one client, on average")
    rate_client_burst: int = Field(300, ge=1, description="requests of one client at once")
    rate_tenant: float = Field(2000.0, gt=0, description="requests a second of one tenant, on average")
    rate_tenant_burst: int = Field(6000, ge=1, description="requests of one tenant at once")
    rate_login: float = Field(1.0, gt=0, description="logins a second of one client, on average")
    rate_login_burst: int = Field(30, ge=1, description="logins of one client at once")
    rate_shared: float = Field(
        1.0, gt=0, le=30, description="seconds after which gateways tell each other what they let pass"
    )
    client_connections: int = Field(256, ge=1, description="connections one client may hold")
    all_connections: int = Field(
        10_000, ge=1, description="connections of all clients; fewer than the process may have open files"
    )
    connections: int = Field(128, ge=1, description="connections to one instance of a module, at most")
    connect_seconds: float = Field(2.0, gt=0, description="seconds to connect to a module")
    kept_seconds: float = Field(
        4.0,
        gt=0,
        description="seconds an unused connection to a module is kept; less than the module keeps it",
    )
    public_bytes: int = Field(
        32 << 20, ge=1 << 20, description="bytes of published documents kept of one module, at most"
    )
    upstream_seconds: float = Field(30.0, gt=0, description="seconds a module may be silent")

    client_streams: int = Field(100, ge=1, description="WebSockets and event streams one client may hold")
    module_streams: int = Field(1000, ge=1, description="WebSockets and event streams to one instance")
    stream_idle: float = Field(300.0, gt=0, description="seconds they may be silent, both ways")
    stream_longest: float = Field(
        3600.0, gt=0, description="seconds after which they end: who may be there is checked again then"
    )
    circuit_failures: int = Field(
        5, ge=1, description="exchanges in a row without an answer after which an instance is left alone"
    )
    circuit_seconds: float = Field(
        5.0, gt=0, le=60, description="seconds it is left alone at first; twice as long each time, up to 60"
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, text: str) -> str:
        networks(text)
        return text
