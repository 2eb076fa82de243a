# SPDX-License-Identifier: EUPL-1.2
"""The shape of what a form's file says of people: how surely logged in, who else signs, whom one acts for."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mash_tools.cities.facts import Fact, Said, Strict, Text

Cel = Annotated[str, StringConstraints(min_length=1)]
"""An expression of CEL; what is wrong in it is told by mash_forms.model.checks."""
RowPointer = Annotated[str, StringConstraints(pattern=r"^/[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)?$")]
"""An answer, or one of each row of a group."""
TrustLevel = Annotated[int, Field(strict=True, ge=1, le=4)]
"""As BundID counts them (STORK)."""


class LegalBasis(Fact):
    """What the service is founded on."""

    title: Said


class Cosigner(Strict):
    """Who else signs, and what they see for that."""

    title: Text
    text: Text
    shows: Annotated[list[RowPointer], Field(min_length=1)]
    when: Cel | None = None
    days: Annotated[int, Field(strict=True, ge=1, le=60)] | None = None
    trust_level: TrustLevel | None = None
    legal_basis: LegalBasis


class Represents(Strict):
    """Somebody one may act for, and what proves it."""

    kind: Literal["child", "company"]
    proof: Text
    legal_basis: LegalBasis
