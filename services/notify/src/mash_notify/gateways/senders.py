# SPDX-License-Identifier: EUPL-1.2
"""Who a city's e-mails come from: cities/<tenant>/notify.toml."""

import logging
import tomllib
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from mash_notify.gateways.lines import one_line
from mash_sdk.tenants import TenantError, Tenants

log = logging.getLogger(__name__)


def _address(text: str) -> str:
    try:
        parts = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        raise ValueError("is no e-mail address") from None
    if not parts.domain or not text.isascii():
        raise ValueError("is no e-mail address")
    return text


class Sender(BaseModel):
    """The `[email]` table, a fact: it names its source or is marked as demo."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    address: Annotated[str, AfterValidator(_address)]
    name: Annotated[str, AfterValidator(one_line), StringConstraints(min_length=1)]
    demo: bool = False


def senders_of(tenants: Tenants) -> Mapping[str, Sender]:
    """Every city's sender. One whose file cannot be used is logged and left out: its e-mails wait."""
    found = {}
    for tenant in tenants:
        try:
            found[tenant] = read(tenants.folder / tenant / "notify.toml")
        except TenantError as err:
            # The reason is the message.
            log.error("no e-mails of %s leave until its file is right: %s", tenant, err)  # noqa: TRY400
    return found


def read(file: Path) -> Sender:
    """One city's file. Raise TenantError, which names it and what is wrong."""
    try:
        return Sender.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))["email"])
    except FileNotFoundError:
        raise TenantError(f"{file} is missing: it says who the city's e-mails come from") from None
    except OSError as err:
        raise TenantError(f"{file}: cannot be read ({err.strerror})") from err
    except UnicodeDecodeError as err:
        raise TenantError(f"{file}: is not UTF-8") from err
    except tomllib.TOMLDecodeError as err:
        raise TenantError(f"{file}: {err}") from err
    except KeyError as err:
        raise TenantError(f"{file}: has no table [email]") from err
    except ValidationError as err:
        wrong = (f"{'.'.join(map(str, one['loc'])) or 'email'}: {one['msg']}" for one in err.errors())
        raise TenantError(f"{file}: {'; '.join(wrong)}") from err
