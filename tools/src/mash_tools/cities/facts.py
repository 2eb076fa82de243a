# SPDX-License-Identifier: EUPL-1.2
"""The pieces every file of a city is made of: facts with their origin, texts by language, names."""

from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError


def _readable(text: str) -> str:
    if any(character < " " and character not in "\t\n\r" for character in text):
        raise PydanticCustomError("character", "holds a character nobody can read; remove it")
    return text


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Said = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True), AfterValidator(_readable)]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+\.[^\s/]+(/\S*)?$")]
EMail = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Text = Annotated[dict[str, Said], Field(min_length=1)]
"""Language → what a person reads."""


class Strict(BaseModel):
    """A table or mapping with no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(Strict):
    """Something about the world: where it was read, or the admission that it was made up for the demo."""

    source: WebAddress | None = None
    as_of: date | None = None
    demo: bool = False

    @model_validator(mode="after")
    def has_an_origin(self) -> Self:
        if self.source is None and not self.demo:
            raise PydanticCustomError(
                "no_origin", "a fact without origin; add source = the page it was read from, or demo = true"
            )
        if self.source is not None and self.demo:
            raise PydanticCustomError(
                "two_origins", "a fact with a source that is marked as demo; remove one of the two"
            )
        return self


class TextFact(Fact):
    """A fact that is one piece of text."""

    value: Said


class WebFact(Fact):
    """A fact that is a web address."""

    value: WebAddress


class EMailFact(Fact):
    """A fact that is an e-mail address."""

    value: EMail


class Address(Fact):
    """A fact that is a postal address in Germany."""

    street: Said
    postal_code: Annotated[str, StringConstraints(pattern=r"^\d{5}$")]
    city: Said
