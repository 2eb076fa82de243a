# SPDX-License-Identifier: EUPL-1.2
"""How surely somebody is who they say: levels 1 to 4 as BundID counts them, and what an answer needs."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mash_forms.model.complaints import Complaint
from mash_forms.model.levels import LEVELS

if TYPE_CHECKING:
    from mash_forms.model.filling import Filled
    from mash_forms.model.form import Field

NAMES: Mapping[int, str] = {1: "untergeordnet", 2: "normal", 3: "substanziell", 4: "hoch"}
"""BundID's words: UNTERGEORDNET, NORMAL, SUBSTANTIELL, HOCH."""
_STORK = re.compile(r"(?:STORK-QAA-Level-)?([0-9])", re.ASCII)
_WEAK: Mapping[str, tuple[str, str]] = {
    "de": (
        "Diese Angabe braucht eine Anmeldung mit Vertrauensniveau {needed}, Ihre hat {had}.",
        "Melden Sie sich stärker an. Ihre bisherigen Angaben bleiben erhalten.",
    ),
    "en": (
        "This answer needs a login of trust level {needed}, yours has {had}.",
        "Log in more strongly. What you have answered so far is kept.",
    ),
    "de-simple": (
        "Sie müssen sich für diese Antwort sicherer anmelden. Nötig ist Stufe {needed}. Sie haben {had}.",
        "Melden Sie sich noch einmal an. Ihre Antworten bleiben gespeichert.",
    ),
}


def level_of(acr: str) -> int:
    """Read the level of a login from its token's `acr`: a digit, or STORK's name for it.

    Whoever is logged in has the lowest; Keycloak says 0 of a session that was resumed.
    """
    found = _STORK.fullmatch(acr)
    return max(int(found[1]), LEVELS[0]) if found else LEVELS[0]


def too_weak(filled: "Filled", level: int) -> list["Field"]:
    """Return the fields that are asked, have or need an answer, and want a stronger login than this."""
    return [
        field
        for field in filled.fields.values()
        if field.trust_level > level and (field.required or field.name in filled.data)
    ]


def weakness(field: "Field", level: int, language: str) -> Complaint:
    """Say who, why and what to do where a login is too weak for an answer."""
    reason, remedy = _WEAK.get(language) or _WEAK["de"]
    return Complaint((field.name,), reason.format(needed=field.trust_level, had=level), remedy)
