# SPDX-License-Identifier: EUPL-1.2
"""Refuses what a login is too weak for, and says who, why and what to do."""

from collections.abc import Sequence

from mash_forms.model.filling import Filled
from mash_forms.model.form import Field, Form
from mash_forms.model.trust import NAMES, level_of, too_weak, weakness
from mash_sdk.identity import Principal
from mash_sdk.problems import Fault, Forbidden, pointer


class TooWeak(Forbidden):
    """The login does not reach the trust level that is needed; `needed` is that level."""

    kind = "trust-level"
    title = "Stärkere Anmeldung nötig"

    def __init__(self, what: str, needed: int, had: int, errors: Sequence[Fault] = ()) -> None:
        super().__init__(
            f"{what} brauchen Sie eine Anmeldung mit Vertrauensniveau {needed} ({NAMES[needed]}), Ihre hat "
            f"{had} ({NAMES[had]}). Melden Sie sich stärker an; was Sie schon gespeichert haben, bleibt.",
            errors=errors,
        )
        self.needed = needed
        self.had = had


def require_level(form: Form, who: Principal) -> None:
    """Raise TooWeak if the whole form asks for a stronger login."""
    had = level_of(who.level)
    if had < form.trust_level:
        raise TooWeak("Für diesen Antrag", form.trust_level, had)


def require_for(fields: Sequence[Field], who: Principal) -> None:
    """Raise TooWeak if any of these fields asks for a stronger login."""
    had = level_of(who.level)
    wanted = [field for field in fields if field.trust_level > had]
    if wanted:
        faults = [_fault(field, had) for field in wanted]
        raise TooWeak("Für diese Angaben", max(field.trust_level for field in wanted), had, faults)


def require_strong(filled: Filled, who: Principal) -> None:
    """Raise TooWeak if an answer that is handed in, or has to be, asks for a stronger login."""
    require_for(too_weak(filled, level_of(who.level)), who)


def _fault(field: Field, had: int) -> Fault:
    said = weakness(field, had, "de")
    return Fault(pointer("data", field.name), said.reason, said.remedy)
