# SPDX-License-Identifier: EUPL-1.2
"""Reads the cities' portal.toml; a broken one stops the start and says where."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from mash_portal_gw.model.city import City, Portal
from mash_sdk.tenants import Tenants


class CityError(Exception):
    """A portal.toml that cannot be used; the text says which and why."""


def load_cities(tenants: Tenants) -> Mapping[str, City]:
    return {
        name: City(tenant=tenant, portal=_portal(tenants.folder / name)) for name, tenant in tenants.items()
    }


def _portal(folder: Path) -> Portal:
    file = folder / "portal.toml"
    if not file.is_file():
        return Portal()
    try:
        return Portal.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as err:
        raise CityError(f"{file}: {err}") from err
