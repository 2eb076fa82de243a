# SPDX-License-Identifier: EUPL-1.2
"""How a command finds the Keycloak that runs: from the environment, or from what ./mash up noted down."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from keycloak import KeycloakAdmin

from mash_sdk.tenants import OPERATORS
from mash_tools.private import write_private
from mash_tools.problems import LauncherError
from mash_tools.realms.provision import said
from mash_tools.realms.shape import DEMO_MARK, MODULE_NEEDS, Representation

DATA = Path(".mash/data")
"""Where ./mash up keeps what it stores, when no other folder is named."""
CALLED_FROM = "MASH_CALLED_FROM"
"""Where the person stood who called ./mash, which goes to its checkout first."""
_NOTE = "keycloak-admin.json"


@dataclass(frozen=True, slots=True)
class Access:
    """A Keycloak and who administers it."""

    url: str
    user: str
    password: str
    public_url: str


@dataclass(frozen=True, slots=True)
class Platform:
    """What the operators' realm tells of the platform: its clients' public keys, and if it is a demo."""

    client_jwks: Mapping[str, Representation]
    modules: Mapping[str, tuple[str, ...]]
    """Which of them are modules, and whom each may ask."""
    demo: bool


def typed_path(text: str) -> Path:
    """A path as somebody typed it: where it is relative, it begins where they stand."""
    return Path(os.environ.get(CALLED_FROM, ""), text)


def note(data: Path, access: Access) -> None:
    """Keep the access in the data folder, readable by its owner alone."""
    write_private(data / _NOTE, json.dumps(asdict(access)))


def find(data: Path, environ: Mapping[str, str] = os.environ) -> Access:
    """MASH_KEYCLOAK with MASH_KEYCLOAK_ADMIN and MASH_KEYCLOAK_ADMIN_PASSWORD(_FILE), else the note."""
    if "MASH_KEYCLOAK" in environ:
        return Access(
            environ["MASH_KEYCLOAK"],
            environ.get("MASH_KEYCLOAK_ADMIN", "admin"),
            _password(environ),
            environ.get("MASH_PUBLIC_URL", "http://localhost:8000"),
        )
    try:
        return Access(**json.loads((data / _NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as err:
        raise LauncherError(
            f"No Keycloak is known: {data} is no data folder of ./mash up and MASH_KEYCLOAK is not set; "
            "start ./mash up, name its --data, or set MASH_KEYCLOAK."
        ) from err


def platform(access: Access) -> Platform:
    """Read the operators' realm. Raise LauncherError when it is not there."""
    with said(access.url):
        admin = KeycloakAdmin(server_url=access.url, username=access.user, password=access.password)
        admin.connection.get_token()
        if OPERATORS not in {realm["realm"] for realm in admin.get_realms()}:
            raise LauncherError(
                f"Keycloak at {access.url} has no realm {OPERATORS}; start the platform once, it makes it."
            )
        admin.change_current_realm(OPERATORS)
        mark = admin.get_realm(OPERATORS).get("attributes", {}).get(DEMO_MARK)
        known = {
            client["clientId"]: client["attributes"]
            for client in admin.get_clients()
            if client["enabled"] and "jwks.string" in client.get("attributes", {})
        }
    return Platform(
        {name: json.loads(about["jwks.string"]) for name, about in known.items()},
        {
            name: tuple(peer for peer in about[MODULE_NEEDS].split() if peer != "-")
            for name, about in known.items()
            if MODULE_NEEDS in about
        },
        demo=mark == "true",
    )


def _password(environ: Mapping[str, str]) -> str:
    if "MASH_KEYCLOAK_ADMIN_PASSWORD" in environ:
        return environ["MASH_KEYCLOAK_ADMIN_PASSWORD"]
    file = environ.get("MASH_KEYCLOAK_ADMIN_PASSWORD_FILE")
    if file is None:
        raise LauncherError(
            "MASH_KEYCLOAK is set, but not who administers it; "
            "set MASH_KEYCLOAK_ADMIN_PASSWORD or MASH_KEYCLOAK_ADMIN_PASSWORD_FILE."
        )
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as err:
        raise LauncherError(f"MASH_KEYCLOAK_ADMIN_PASSWORD_FILE cannot be read: {err.strerror}.") from err
