# SPDX-License-Identifier: EUPL-1.2
"""Text that can be kept: JSON and forms let characters through that PostgreSQL refuses to store."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

REASON: Final = "enthält Zeichen, die nicht gespeichert werden können"
REMEDY: Final = "Bitte ohne Steuerzeichen angeben."
_ODD = re.compile(r"[\x00\ud800-\udfff]")


def storable(text: str) -> bool:
    """Whether a column of PostgreSQL can hold it: without NUL, and without half of a surrogate pair."""
    return _ODD.search(text) is None


def _require(text: str) -> str:
    if not storable(text):
        raise PydanticCustomError("not_storable", REASON)
    return text


StorableText = Annotated[str, AfterValidator(_require)]
"""A str of what is sent to us: 422 at its own field, instead of a failure of ours when it is written."""
