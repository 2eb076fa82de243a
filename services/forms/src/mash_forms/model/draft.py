# SPDX-License-Identifier: EUPL-1.2
"""A form that somebody has begun to fill in. It stays with its version, and with its person."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mash_forms.model.consent import Consent
from mash_forms.model.durations import later
from mash_forms.model.form import Form

KEPT = "P30D"
"""How long a draft is kept after its last change, where its form does not say."""
UNDO_WITHIN = timedelta(days=1)
"""How long a draft that was thrown away can be fetched back."""


@dataclass(frozen=True)
class Draft:
    """Answers so far. `id` becomes the id of the application. `data` has what was answered, right or wrong,
    also to questions that are not asked any more: who goes back and forth loses nothing.
    """

    id: str
    form: str
    form_version: str
    subject: str
    data: dict[str, Any]
    changed_at: datetime
    expires_at: datetime
    seen: tuple[str, ...] = field(default=())
    """The steps (ids) that were filled in."""
    deleted_at: datetime | None = None
    language: str = "de"
    consent: Consent | None = None
    """To what was taken over from an earlier application."""

    @classmethod
    def begun(cls, draft_id: str, form: Form, subject: str, data: dict[str, Any], now: datetime) -> "Draft":
        """Begin to fill in a form, in the language it was read in."""
        expires = _expiry(form, now)
        return cls(draft_id, form.name, form.version, subject, data, now, expires, language=form.spoken)

    def in_language(self, form: Form, wanted: str) -> "Draft":
        """Return it to be gone on with in another language, if the form is in that."""
        return replace(self, language=wanted) if wanted in form.languages else self

    def changed(self, form: Form, data: dict[str, Any], step: str, now: datetime) -> "Draft":
        """Return it with other answers; that gives it its time anew."""
        seen = self.seen if step in self.seen else (*self.seen, step)
        return replace(self, data=data, seen=seen, changed_at=now, expires_at=_expiry(form, now))

    def taken_over(self, form: Form, answers: Mapping[str, Any], consent: Consent) -> "Draft":
        """Return it with answers of an earlier application, which nobody has looked through yet."""
        now = consent.given_at
        data = {**self.data, **answers}
        return replace(self, data=data, consent=consent, changed_at=now, expires_at=_expiry(form, now))

    def thrown_away(self, now: datetime) -> "Draft":
        """Return it as one that goes for good once nobody fetched it back."""
        return replace(self, deleted_at=now, expires_at=now + UNDO_WITHIN)

    def fetched_back(self, form: Form, now: datetime) -> "Draft":
        """Return it as one to go on with."""
        return replace(self, deleted_at=None, expires_at=_expiry(form, now))


def _expiry(form: Form, now: datetime) -> datetime:
    return later(now, form.keeps.get("draft", KEPT))
