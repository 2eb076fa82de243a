# SPDX-License-Identifier: EUPL-1.2
"""Realms for an install: from its cities, and from the approvals, which have each program's public key."""

import json
import os
from pathlib import Path

from joserfc.errors import JoseError

from mash_tools.approved import needs_of
from mash_tools.keys import Jwk, public_half
from mash_tools.problems import LauncherError
from mash_tools.realms import Access, Report, provision


def make(access: Access, approvals: Path, *, demo: bool) -> Report:
    """Raises LauncherError for approvals that cannot be read, or when Keycloak refuses."""
    approved, modules = read(approvals)
    keys = {name: {"keys": [key]} for name, key in approved.items()}
    cities = Path(os.environ.get("MASH_CITIES", "cities"))
    return provision(
        access.url,
        access.user,
        access.password,
        cities,
        access.public_url,
        keys,
        demo=demo,
        modules=modules,
    )


def read(file: Path) -> tuple[dict[str, Jwk], dict[str, tuple[str, ...]]]:
    """Name → public key, and of modules name → the services it may ask."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {name: public_half(entry["jwk"]) for name, entry in found.items()}, needs_of(found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, JoseError) as err:
        raise LauncherError(
            f"{file} is no approvals.json ({type(err).__name__}: {err}); "
            "take the one of the chart's ConfigMap."
        ) from err
