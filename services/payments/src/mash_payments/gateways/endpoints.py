# SPDX-License-Identifier: EUPL-1.2
"""Who a city is at its payment platform: cities/<tenant>/payments.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from mash_sdk.tenants import TenantError, Tenants

_ID = re.compile(r"[\w-]{1,36}", re.ASCII)


def endpoints(tenants: Tenants) -> Mapping[str, str]:
    """`originatorId/endPointId` by tenant; a city without payments.toml is left out. Raises TenantError."""
    found = {}
    for tenant in tenants:
        file = tenants.folder / tenant / "payments.toml"
        if file.is_file():
            found[tenant] = read(file)
    return found


def read(file: Path) -> str:
    """One city's file."""
    try:
        ids = tomllib.loads(file.read_text(encoding="utf-8"))["xbezahldienste"]
        pair = (ids["originator_id"], ids["endpoint_id"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as err:
        raise TenantError(f"{file}: needs [xbezahldienste] with originator_id and endpoint_id") from err
    if not all(isinstance(part, str) and _ID.fullmatch(part) for part in pair):
        raise TenantError(f"{file}: ids are 1 to 36 letters, digits, _ or -")
    return "/".join(pair)
