# SPDX-License-Identifier: EUPL-1.2
"""Who a city's e-mails come from: cities/<tenant>/notify.toml."""

import tomllib
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from mash_sdk.tenants import TenantError, Tenants


class Sender(BaseModel):
    """The `[email]` table, a fact: it names its source or is marked as demo."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    address: str
    name: str
    demo: bool = False


def senders_of(tenants: Tenants) -> Mapping[str, Sender]:
    """Read every city's file. Raise TenantError, naming it, if one is missing or cannot be used."""
    found = {}
    for name in tenants:
        file = tenants.folder / name / "notify.toml"
        try:
            found[name] = Sender.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))["email"])
        except FileNotFoundError:
            raise TenantError(f"{file} is missing: it says who the city's e-mails come from") from None
        except (tomllib.TOMLDecodeError, KeyError, ValidationError) as err:
            raise TenantError(f"{file}: {err}") from err
    return found
