# SPDX-License-Identifier: EUPL-1.2
"""What a city's portal.toml says: colours, claim, contact, life situations (cities/README.md)."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from mash_sdk.tenants import Tenant

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Fact(_Part):
    """Says where it was read, or that it was made up for the demo."""

    source: str | None = None
    as_of: date | None = None
    demo: bool = False


class Value(_Fact):
    value: str


class Address(_Fact):
    street: str
    postal_code: str
    city: str


class Colours(_Fact):
    primary: Colour = "#003064"
    on_primary: Colour = "#ffffff"
    accent: Colour = "#22505f"
    on_accent: Colour = "#ffffff"
    surface: Colour = "#ffffff"
    text: Colour = "#1d1d1f"


class Contact(_Part):
    name: Value | None = None
    address: Address | None = None
    phone: Value | None = None
    email: Value | None = None
    website: Value | None = None


class Situation(_Part):
    slug: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: str
    text: str
    icon: str


class Portal(_Part):
    """A city's portal.toml. Without one it has neither claim nor situations."""

    claim: Value | None = None
    colours: Colours = Colours()
    contact: Contact = Contact()
    situations: tuple[Situation, ...] = ()


class City(_Part):
    tenant: Tenant
    portal: Portal
    trouble: str = ""
    """Why its portal.toml could not be used, for those who run the platform."""

    def situation(self, slug: str) -> Situation | None:
        return next((one for one in self.portal.situations if one.slug == slug), None)

    def stylesheet(self) -> bytes:
        """The city's colours as CSS custom properties."""
        colours = self.portal.colours
        lines = [
            f"--city-{name.replace('_', '-')}:{getattr(colours, name)};"
            for name in ("primary", "on_primary", "accent", "on_accent", "surface", "text")
        ]
        return (":root{" + "".join(lines) + "}\n").encode()
