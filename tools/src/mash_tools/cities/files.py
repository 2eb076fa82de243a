# SPDX-License-Identifier: EUPL-1.2
"""The shape of each TOML file of a city, as cities/README.md describes it."""

from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mash_forms.model.money import Currency
from mash_tools.cities.contrast import ENOUGH, contrast
from mash_tools.cities.facts import Address, EMail, EMailFact, Fact, Said, Slug, Strict, TextFact, WebFact

Icon = Literal[
    "baby", "briefcase", "building", "car", "education", "family", "heart", "home", "id-card", "leaf",
    "tree", "waste",
]  # fmt: skip
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Host = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")
]
AppId = Annotated[str, StringConstraints(pattern=r"^[\w-]{1,128}$")]
PaymentId = Annotated[str, StringConstraints(pattern=r"^[\w-]{1,36}$")]


def _known_timezone(name: str) -> str:
    known = available_timezones()
    if known and name not in known:  # a machine without tzdata knows none
        raise PydanticCustomError("timezone", "is no time zone; write for example Europe/Berlin")
    return name


class CityFile(Strict):
    """city.toml"""

    name: Slug
    title: Said
    full_title: Said
    ags: Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-6])\d{6}$")]
    """Begins with the Land's two digits, 01 to 16."""
    ars: Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-6])\d{10}$")] | None = None
    reference: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,4}$")] | None = None
    hosts: list[Host]
    languages: Annotated[list[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]], Field(min_length=1)]
    timezone: Annotated[str, AfterValidator(_known_timezone)]
    demo: bool

    @model_validator(mode="after")
    def keys_agree(self) -> Self:
        if self.ars is not None and (self.ars[:5], self.ars[-3:]) != (self.ags[:5], self.ags[-3:]):
            raise PydanticCustomError("ars", "ags and ars name different municipalities; correct one of them")
        return self


class Colours(Fact):
    """The city's colours; text on each surface has to be readable."""

    primary: Colour
    on_primary: Colour
    accent: Colour
    on_accent: Colour
    surface: Colour
    text: Colour

    @model_validator(mode="after")
    def is_readable(self) -> Self:
        pairs = (
            ("on_primary", "primary"),
            ("on_accent", "accent"),
            ("text", "surface"),
            ("primary", "surface"),
        )
        weak = [
            f"{front} on {back} {ratio:.2f}"
            for front, back in pairs
            if (ratio := contrast(getattr(self, front), getattr(self, back))) < ENOUGH
        ]
        if weak:
            raise PydanticCustomError(
                "contrast",
                "too little contrast ({weak}; WCAG asks {enough}); make the dark colour of a pair darker",
                {"weak": ", ".join(weak), "enough": str(ENOUGH)},
            )
        return self


class Contact(Strict):
    """How to reach the city."""

    name: TextFact | None = None
    address: Address | None = None
    phone: TextFact | None = None
    email: EMailFact | None = None
    website: WebFact | None = None


class Situation(Strict):
    """A life situation under which services are found."""

    slug: Slug
    title: Said
    text: Said
    icon: Icon


class PortalFile(Strict):
    """portal.toml"""

    claim: TextFact
    colours: Colours
    contact: Contact
    situations: Annotated[list[Situation], Field(min_length=1)]


class Office(Strict):
    """An office citizens turn to."""

    id: Slug
    title: Said
    address: Address | None = None
    phone: TextFact | None = None
    email: EMailFact | None = None
    website: WebFact | None = None
    hours: TextFact | None = None

    @model_validator(mode="after")
    def can_be_reached(self) -> Self:
        if not any((self.address, self.phone, self.email, self.website)):
            raise PydanticCustomError(
                "unreachable", "an office nobody can reach; add an address, phone, email or website"
            )
        return self


class OfficesFile(Strict):
    """offices.toml"""

    offices: Annotated[list[Office], Field(min_length=1)]


class Fee(Fact):
    """What a service costs."""

    title: Said
    cents: Annotated[int, Field(strict=True, gt=0)]
    currency: Currency
    legal_basis: Said


class FeesFile(Strict):
    """fees.toml"""

    fees: dict[Slug, Fee] = Field(default_factory=dict)


class XBezahldienste(Fact):
    """Who the city is at a provider that speaks XBezahldienste."""

    originator_id: PaymentId
    endpoint_id: PaymentId


class Stripe(Fact):
    """The city has an account at Stripe; its secrets are settings of payments."""


class PayPal(Fact):
    """The city's app at PayPal, and the webhook it set up there."""

    client_id: AppId
    webhook_id: AppId


class GiroCheckout(Fact):
    """The city's project of the kind Wero at GiroCheckout."""

    merchant_id: PaymentId
    project_id: PaymentId


class ReceiptNumbers(Fact):
    """How Kassenzeichen are written: prefix, year, running number, two check digits, in groups."""

    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{0,6}$")] = ""
    digits: Annotated[int, Field(strict=True, ge=6, le=10)]
    group: Annotated[int, Field(strict=True, ge=3, le=20)]


class Deadlines(Fact):
    """In days: until fees have to be paid, from the reminder to that, and how long they can be after all."""

    days: Annotated[int, Field(strict=True, ge=2, le=365)]
    remind_before: Annotated[int, Field(strict=True, ge=1, le=364)]
    grace: Annotated[int, Field(strict=True, ge=1, le=365)]


class PaymentsFile(Strict):
    """payments.toml"""

    methods: list[Literal["platform", "card", "paypal", "wero"]] | None = None
    xbezahldienste: XBezahldienste | None = None
    stripe: Stripe | None = None
    paypal: PayPal | None = None
    girocheckout: GiroCheckout | None = None
    receipt_numbers: ReceiptNumbers | None = None
    deadlines: Deadlines | None = None

    @model_validator(mode="after")
    def methods_have_accounts(self) -> Self:
        needs = {
            "platform": ("xbezahldienste", self.xbezahldienste),
            "card": ("stripe", self.stripe),
            "paypal": ("paypal", self.paypal),
            "wero": ("girocheckout", self.girocheckout),
        }
        for method in self.methods or ():
            section, found = needs[method]
            if found is None:
                raise PydanticCustomError(
                    "method_without_account",
                    "methods names {method}, but there is no [{section}]; add it or take {method} out",
                    {"method": method, "section": section},
                )
        if not any(found for _, found in needs.values()):
            raise PydanticCustomError("no_provider", "names no provider; add for example [xbezahldienste]")
        return self


class Sender(Fact):
    """Who the city's e-mails come from."""

    address: EMail
    name: Said


class NotifyFile(Strict):
    """notify.toml"""

    email: Sender


class Login(Strict):
    """A demo login."""

    username: Slug
    given_name: Said
    family_name: Said
    email: EMail
    password: Said
    roles: Annotated[
        list[
            Literal[
                "citizen", "clerk", "supervisor", "editor", "treasurer", "auditor", "dispatcher", "driver"
            ]
        ],
        Field(min_length=1),
    ]
    offices: list[Slug] = Field(default_factory=list)
    """Those a clerk works for; none: all of the city."""
    birth_date: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    street: Said | None = None
    postal_code: Annotated[str, StringConstraints(pattern=r"^\d{5}$")] | None = None
    town: Said | None = None


class RegisterEntry(Strict):
    """What a made-up register holds; its fields are called as answers are."""

    model_config = ConfigDict(extra="allow")

    demo: Literal[True]


class RegistersFile(Strict):
    """registers.toml: made-up entries that rules of automation compare answers with."""

    residents: list[RegisterEntry] = Field(default_factory=list)
    vehicles: list[RegisterEntry] = Field(default_factory=list)


class PeopleFile(Strict):
    """people.toml"""

    people: list[Login] = Field(default_factory=list)


class ModuleFile(Fact):
    """modules/<name>/…: where it was read, or that it is made up; all else is the module's own."""

    model_config = ConfigDict(extra="allow")
