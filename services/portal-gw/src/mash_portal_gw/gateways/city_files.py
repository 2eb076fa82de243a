# SPDX-License-Identifier: EUPL-1.2
"""Reads the cities' portal.toml; a broken one is named, and leaves its city without what it says."""

import logging
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from mash_portal_gw.model.city import City, Portal
from mash_sdk.tenants import Tenants

log = logging.getLogger(__name__)


def load_cities(tenants: Tenants) -> Mapping[str, City]:
    """Every city. Whose file cannot be used has the defaults, and `trouble` says why."""
    found = {}
    for name, tenant in tenants.items():
        try:
            found[name] = City(tenant=tenant, portal=_portal(tenants.folder / name))
        except ValueError as err:
            log.error("%s goes without its portal.toml: %s", name, err)  # noqa: TRY400 — it says what is wrong
            found[name] = City(tenant=tenant, portal=Portal(), trouble=str(err))
    return found


def _portal(folder: Path) -> Portal:
    """ValueError names the file and what is wrong with it."""
    file = folder / "portal.toml"
    try:
        return Portal.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Portal()
    except ValidationError as err:
        raise ValueError(f"{file}: {_said(err)}") from err
    except OSError as err:
        raise ValueError(f"{file}: cannot be read ({err.strerror})") from err
    except UnicodeDecodeError as err:
        raise ValueError(f"{file}: is not UTF-8") from err
    except tomllib.TOMLDecodeError as err:
        raise ValueError(f"{file}: {err}") from err


def _said(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
