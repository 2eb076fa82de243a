# SPDX-License-Identifier: EUPL-1.2
"""What each city says about money: cities/<tenant>/payments.toml, and the secrets its accounts have."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from mash_payments.gateways import girocheckout, paypal, stripe
from mash_payments.model import METHODS, Method, NumberRule, Terms
from mash_sdk.tenants import TenantError, Tenants

log = logging.getLogger(__name__)

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,36}$")]
AppId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
# A Kassenzeichen with "KZ " before it is a purpose, which has 27 letters.
LONGEST = 24
# In `Secrets`, whatever city has none of its own.
EVERY = "*"


class Section(BaseModel):
    """A table of payments.toml. Facts about facts (`demo`, `source`) are for `./mash city check`."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class XBezahldiensteSection(Section):
    """Who the city is at a platform that speaks XBezahldienste."""

    originator_id: Id
    endpoint_id: Id


class PayPalSection(Section):
    """The city's app at PayPal, and the webhook it set up there."""

    client_id: AppId
    webhook_id: AppId


class GiroSection(Section):
    """The city's project of the kind Wero."""

    merchant_id: Id
    project_id: Id


class NumberSection(Section):
    """How the city writes its Kassenzeichen; all of it fits into the purpose of a transfer."""

    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{0,6}$")] = ""
    digits: Annotated[int, Field(ge=6, le=10)] = 8
    group: Annotated[int, Field(ge=3, le=20)] = 4

    def rule(self) -> NumberRule:
        """As the model has it."""
        return NumberRule(self.prefix, self.digits, self.group)

    @model_validator(mode="after")
    def fits(self) -> Self:
        """`KZ ` and the number fit into the purpose of a transfer."""
        if len(self.rule().number(9999, 0)) > LONGEST:
            raise ValueError(f"numbers are longer than {LONGEST}; shorten the prefix or widen the groups")
        return self


class DeadlineSection(Section):
    """Until when fees have to be paid, when payers are reminded, and how long they can pay after all."""

    days: Annotated[int, Field(ge=2, le=365)]
    remind_before: Annotated[int, Field(ge=1, le=364)]
    grace: Annotated[int, Field(ge=1, le=365)]
    demo: bool = False

    @model_validator(mode="after")
    def in_order(self) -> Self:
        """Nobody is reminded before there is a fee."""
        if self.remind_before >= self.days:
            raise ValueError("remind_before is not below days")
        return self


class CityMoney(Section):
    """One payments.toml."""

    methods: tuple[str, ...] | None = None
    xbezahldienste: XBezahldiensteSection | None = None
    stripe: Section | None = None
    paypal: PayPalSection | None = None
    girocheckout: GiroSection | None = None
    receipt_numbers: NumberSection = NumberSection()
    deadlines: DeadlineSection | None = None


class StripeSecrets(BaseModel):
    """An API key, and what events are signed with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    webhook_secret: str


class CitySecrets(BaseModel):
    """A city's secrets by provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stripe: StripeSecrets | None = None
    paypal: str | None = None
    girocheckout: str | None = None


Secrets = TypeAdapter(dict[str, CitySecrets])


@dataclass(frozen=True, slots=True)
class CityFiles:
    """Every city's part in paying: what it offers, who it is at each provider, how it writes numbers."""

    offered: Mapping[str, Sequence[Method]]
    rules: Mapping[str, NumberRule]
    endpoints: Mapping[str, str]
    stripe: Mapping[str, stripe.Account]
    paypal: Mapping[str, paypal.Account]
    girocheckout: Mapping[str, girocheckout.Account]
    deadlines: Mapping[str, Terms]

    def methods(self, tenant: str) -> Sequence[Method]:
        """What it offers payers, in its order."""
        return self.offered.get(tenant, ())

    def numbers(self, tenant: str) -> NumberRule:
        """How it writes its Kassenzeichen."""
        return self.rules.get(tenant, NumberRule())

    def terms(self, tenant: str) -> Terms | None:
        """Until when its fees have to be paid; None: there is no end."""
        return self.deadlines.get(tenant)


def read(file: Path) -> CityMoney:
    """One city's file. Raises TenantError."""
    known = {method.code for method in METHODS}
    try:
        found = CityMoney.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as err:
        raise TenantError(f"{file}: {faults(err)}") from err
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as err:
        raise TenantError(f"{file}: cannot be read ({err})") from err
    strange = [code for code in found.methods or () if code not in known]
    if strange:
        raise TenantError(f"{file}: methods {strange} are none of {sorted(known)}")
    missing = [
        f"{method.code} needs [{method.provider}]"
        for method in METHODS
        if method.code in (found.methods or ()) and getattr(found, method.provider) is None
    ]
    if missing:
        raise TenantError(f"{file}: {'; '.join(missing)}")
    return found


def load(tenants: Tenants, secrets: str) -> CityFiles:
    """All cities; `secrets` is JSON: CitySecrets by tenant. A city whose file is wrong is logged and takes no
    payments; the others do. Raises TenantError for secrets that are none: they are the platform's own.
    """
    offered, rules, endpoints = dict[str, Sequence[Method]](), dict[str, NumberRule](), dict[str, str]()
    cards, paypals, giros = (
        dict[str, stripe.Account](),
        dict[str, paypal.Account](),
        dict[str, girocheckout.Account](),
    )
    deadlines = dict[str, Terms]()
    try:
        known = Secrets.validate_json(secrets)
    except ValidationError as err:
        raise TenantError(f"accounts: {faults(err)}") from None
    for tenant in tenants:
        file = tenants.folder / tenant / "payments.toml"
        if not file.is_file():
            continue
        try:
            found = read(file)
        except TenantError as err:
            log.error("%s takes no payments: %s", tenant, err)  # noqa: TRY400  (the reason is the message)
            continue
        own = known.get(tenant) or known.get(EVERY) or CitySecrets()
        if found.xbezahldienste:
            endpoints[tenant] = f"{found.xbezahldienste.originator_id}/{found.xbezahldienste.endpoint_id}"
        if found.stripe and own.stripe:
            cards[tenant] = stripe.Account(own.stripe.key, own.stripe.webhook_secret)
        if found.paypal and own.paypal:
            paypals[tenant] = paypal.Account(found.paypal.client_id, own.paypal, found.paypal.webhook_id)
        if found.girocheckout and own.girocheckout:
            giro = found.girocheckout
            giros[tenant] = girocheckout.Account(giro.merchant_id, giro.project_id, own.girocheckout)
        ready = {
            "xbezahldienste": tenant in endpoints,
            "stripe": tenant in cards,
            "paypal": tenant in paypals,
            "girocheckout": tenant in giros,
        }
        offered[tenant] = _offered(tenant, found, ready)
        rules[tenant] = found.receipt_numbers.rule()
        if said := found.deadlines:
            zone = tenants[tenant].timezone
            deadlines[tenant] = Terms(said.days, said.remind_before, said.grace, zone, said.demo)
    return CityFiles(offered, rules, endpoints, cards, paypals, giros, deadlines)


def _offered(tenant: str, found: CityMoney, ready: Mapping[str, bool]) -> Sequence[Method]:
    by_code = {method.code: method for method in METHODS}
    wanted = found.methods if found.methods is not None else tuple(by_code)
    methods = [by_code[code] for code in wanted]
    for method in methods:
        if found.methods is not None and not ready[method.provider]:
            log.warning("%s offers %s, but has no secrets for %s", tenant, method.code, method.provider)
    return [method for method in methods if ready[method.provider]]


def faults(error: ValidationError) -> str:
    """What is wrong, without the values: some are secret."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)
    )
