# SPDX-License-Identifier: EUPL-1.2
"""How commands reach a platform's databases: by the environment, else by its data folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from mash_sdk.names import Names
from mash_tools.platform.platform import DATABASE
from mash_tools.problems import LauncherError


def worker_dsn(data: Path, environ: Mapping[str, str], names: Names) -> str:
    """The DSN of a service's worker role. Raises LauncherError if nothing tells it."""
    for variable in (f"{names.environment}POSTGRES_WORKER", "MASH_POSTGRES_WORKER"):
        if variable in environ:
            return environ[variable]
    try:
        secret = (data / "secrets" / names.worker_role).read_text(encoding="utf-8").strip()
    except OSError:
        raise LauncherError(
            f"{data} holds no platform with a service {names.folder}; "
            f"name its --data or set {names.environment}POSTGRES_WORKER."
        ) from None
    dsn = f"postgresql://{names.worker_role}:{quote(secret, safe='')}"
    return f"{dsn}@127.0.0.1:{port_of(data, 'postgres')}/{DATABASE}"


def port_of(data: Path, name: str) -> int:
    """The port of an embedded part. Raises LauncherError for a folder that is none of ./mash up."""
    try:
        return int(json.loads((data / "ports.json").read_text(encoding="utf-8"))[name])
    except (OSError, ValueError, KeyError):
        raise LauncherError(
            f"{data} is no data folder of ./mash up; start it, name its --data, "
            "or set MASH_KAFKA and the services' …_POSTGRES_WORKER."
        ) from None
