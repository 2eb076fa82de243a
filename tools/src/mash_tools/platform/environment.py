# SPDX-License-Identifier: EUPL-1.2
"""What each service is told: its doors, its DSNs, its key, and where the others are — as environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from mash_tools.platform.folder import DataFolder
from mash_tools.platform.modules import GATEWAY, Module


@dataclass(kw_only=True)
class Places:
    """Where things are on this machine; filled while they start."""

    public_url: str
    cities: Path
    gateway_port: int
    keycloak: str
    postgres: str = ""
    """DSN of the administrator, in the platform's database."""
    kafka: str = ""
    kern: Path | None = None
    traces_port: int = 0
    mail_smtp_port: int = 0
    mqtt_port: int = 0
    """The MQTT door of sensors."""
    mail_http_port: int = 0
    simulator_ports: dict[str, int] = field(default_factory=dict)
    """Each simulator of SIMULATORS."""
    doors: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Each module's HTTP and gRPC port."""

    def simulator(self, name: str) -> str:
        """Where a simulator is reached."""
        return f"http://localhost:{self.simulator_ports[name]}"


PROVIDERS = ("xbezahldienste", "stripe", "paypal", "girocheckout")
"""Of payments."""
SIMULATORS = (*PROVIDERS, "signs")


def simulator_secrets(name: str, folder: DataFolder) -> list[str]:
    """What a simulator is told of its secrets."""
    told = {
        "xbezahldienste": [("--client-secret", "xbezahldienste")],
        "stripe": [("--secret-key", "stripe"), ("--webhook-secret", "stripe-webhook")],
        "paypal": [("--client-secret", "paypal")],
        "girocheckout": [("--password", "girocheckout")],
        "signs": [("--key", "signs")],
    }
    # With "=": one secret in 64 begins with a hyphen, and would be taken for another option.
    return [f"{option}={folder.secret(secret)}" for option, secret in told[name]]


def own(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Our environment without what names parts for the launcher itself."""
    return {name: value for name, value in environ.items() if not name.startswith("MASH_")}


def common(places: Places) -> dict[str, str]:
    """What every service is told."""
    local = "http://127.0.0.1:"
    told = {
        "MASH_KAFKA": places.kafka,
        "MASH_KAFKA_PARTITIONS": "3",
        "MASH_KEYCLOAK": places.keycloak,
        "MASH_OTLP": f"{local}{places.traces_port}",
        "MASH_CITIES": str(places.cities),
        "MASH_PUBLIC_URL": places.public_url,
    }
    doors = {f"MASH_{_upper(name)}_GRPC": f"127.0.0.1:{grpc}" for name, (_, grpc) in places.doors.items()}
    return told | doors


def of(module: Module, places: Places, folder: DataFolder) -> dict[str, str]:
    """What one service is told besides. What a person set for it in our own environment wins."""
    names, prefix = module.names, module.names.environment
    http, grpc = places.doors[names.folder]
    told = {
        "HTTP": f"127.0.0.1:{http}",
        "GRPC": f"127.0.0.1:{grpc}",
        "POSTGRES": _dsn(places.postgres, names.role, folder.secret(names.role)),
        "POSTGRES_WORKER": _dsn(places.postgres, names.worker_role, folder.secret(names.worker_role)),
        "CLIENT_KEY": str(folder.key_file(names.folder)),
    }
    extra = EXTRAS.get(names.folder)
    if extra is not None:
        told |= extra(places, folder)
    return {prefix + name: os.environ.get(prefix + name, value) for name, value in told.items()}


def _gateway(places: Places, folder: DataFolder) -> dict[str, str]:
    told = {
        "SESSION_KEY": folder.secret("portal-gw-session"),
        "APPROVALS": str(folder.path / "approvals.json"),
        "TRACES": f"http://127.0.0.1:{places.traces_port}",
        "MAIL_SINK": f"http://127.0.0.1:{places.mail_http_port}",
        "FORM_TARGETS": ",".join(places.simulator(name) for name in PROVIDERS),
    }
    return told | ({"KERN": str(places.kern)} if places.kern else {})


def _payments(places: Places, folder: DataFolder) -> dict[str, str]:
    return {
        "XBEZAHLDIENSTE_URL": places.simulator("xbezahldienste"),
        "XBEZAHLDIENSTE_CLIENT_ID": "mash",
        "XBEZAHLDIENSTE_CLIENT_SECRET": folder.secret("xbezahldienste"),
        "STRIPE_URL": places.simulator("stripe"),
        "PAYPAL_URL": places.simulator("paypal"),
        "GIROCHECKOUT_URL": places.simulator("girocheckout"),
        "ACCOUNTS": json.dumps(
            {
                "*": {
                    "stripe": {
                        "key": folder.secret("stripe"),
                        "webhook_secret": folder.secret("stripe-webhook"),
                    },
                    "paypal": folder.secret("paypal"),
                    "girocheckout": folder.secret("girocheckout"),
                }
            }
        ),
        "RETURN_SECRET": folder.secret("payments-return"),
    }


def _forms(_: Places, folder: DataFolder) -> dict[str, str]:
    return {"CASE_KEY": folder.secret("forms-case")}


def _notify(places: Places, folder: DataFolder) -> dict[str, str]:
    return {
        "SMTP": f"127.0.0.1:{places.mail_smtp_port}",
        "UNSUBSCRIBE_KEY": folder.secret("notify-unsubscribe"),
    }


def _sensors(places: Places, _: DataFolder) -> dict[str, str]:
    return {"MQTT": f"127.0.0.1:{places.mqtt_port}"}


def _winter(places: Places, folder: DataFolder) -> dict[str, str]:
    """Only the demo's signs are played here; a city's own controllers are told by who runs the module."""
    demo = {"address": places.simulator("signs"), "key": folder.secret("signs")}
    return {"SIGN_CONTROLLERS": json.dumps({"*": {"demo": demo}})}


EXTRAS = {
    GATEWAY: _gateway,
    "forms": _forms,
    "payments": _payments,
    "sensors": _sensors,
    "notify": _notify,
    "winter": _winter,
}


def admin(places: Places) -> dict[str, str]:
    """What only `migrate` is told."""
    return {"MASH_POSTGRES_ADMIN": places.postgres}


def _dsn(admin_dsn: str, role: str, password: str) -> str:
    server = urlsplit(admin_dsn)
    where = server.netloc.rpartition("@")[2]
    return server._replace(netloc=f"{role}:{quote(password, safe='')}@{where}").geturl()


def _upper(name: str) -> str:
    return name.replace("-", "_").upper()
