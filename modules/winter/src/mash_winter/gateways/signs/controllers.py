# SPDX-License-Identifier: EUPL-1.2
"""Where the controllers of each city's signs are, and with which key: settings of who runs the module.

Not the city's file: otherwise one city could name another's controller, and keys would lie beside texts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, SecretStr, TypeAdapter, ValidationError

EVERY_OTHER: Final = "*"


class Controller(BaseModel):
    """One controller, and what it wants to hear."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: AnyHttpUrl
    key: SecretStr = SecretStr("")

    @property
    def base(self) -> str:
        return str(self.address).rstrip("/")


_SETTING: Final = TypeAdapter(dict[str, dict[str, Controller]])


class BrokenControllers(ValueError):
    """The setting cannot be used."""


@dataclass(frozen=True, slots=True)
class Controllers:
    """By tenant (`*`: every other), then by the name that signs.toml gives."""

    known: Mapping[str, Mapping[str, Controller]]

    @classmethod
    def read(cls, text: str) -> "Controllers":
        """From JSON. Raises BrokenControllers, saying where; never the value, which may be a key."""
        try:
            return cls(_SETTING.validate_json(text))
        except ValidationError as err:
            faults = [f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in err.errors()]
            raise BrokenControllers(f"sign_controllers: {'; '.join(faults)}") from None

    def of(self, tenant: str, name: str) -> Controller | None:
        return self.known.get(tenant, self.known.get(EVERY_OTHER, {})).get(name)
