# SPDX-License-Identifier: EUPL-1.2
"""A second person's signature under an application: what a form asks for, and how one request stands."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mash_forms.model.expressions import Expression, Language
from mash_forms.model.levels import level_in
from mash_forms.model.processing import Source, source_of

if TYPE_CHECKING:
    from mash_forms.model.form import Form

DAYS = 14
"""How long a request can be signed, where the form does not say."""
MOST_DAYS = 60


@dataclass(frozen=True)
class Cosigner:
    """Who else signs, what they declare, and the answers they see for that; nothing else is shown to them."""

    title: str
    text: str
    shows: tuple[str, ...]
    days: int
    trust_level: int
    basis: Source
    when: Expression | None = None


class Standing(StrEnum):
    """How a request stands. Only OPEN ones can be taken, only TAKEN ones signed or declined."""

    OPEN = "open"
    TAKEN = "taken"
    SIGNED = "signed"
    DECLINED = "declined"
    VOID = "void"


@dataclass(frozen=True)
class Party:
    """Somebody who is written to. Everything but the subject is personal data."""

    subject: str
    name: str
    email: str
    language: str = "de"
    """What they read; `email` is empty if nobody has checked whose it is."""


@dataclass(frozen=True)
class Request:
    """One request for a second signature. `salt` makes the digest say nothing once the case's key is gone."""

    id: str
    draft_id: str
    """The draft, and the application it becomes."""
    form: str
    form_version: str
    digest: str
    salt: bytes
    applicant: Party
    asked_at: datetime
    expires_at: datetime
    standing: Standing = Standing.OPEN
    signer: Party | None = None
    trust_level: int | None = None
    """What the login reached that signed."""
    reason: str = ""
    """Why it was declined."""
    settled_at: datetime | None = None

    @property
    def waits(self) -> bool:
        """Tell whether it can still lead to a signature."""
        return self.standing in {Standing.OPEN, Standing.TAKEN}

    def expired(self, now: datetime) -> bool:
        """Tell whether it was not signed in time."""
        return self.waits and self.expires_at <= now

    def taken(self, signer: Party) -> Request:
        """Return it as one that this person has, and nobody else can take."""
        return replace(self, standing=Standing.TAKEN, signer=signer)

    def signed(self, level: int, at: datetime) -> Request:
        """Return it signed."""
        return replace(self, standing=Standing.SIGNED, trust_level=level, settled_at=at)

    def declined(self, reason: str, at: datetime) -> Request:
        """Return it declined."""
        return replace(self, standing=Standing.DECLINED, reason=reason, settled_at=at)

    def voided(self, at: datetime) -> Request:
        """Return it as one that holds no longer: the answers it was about are others now."""
        return replace(self, standing=Standing.VOID, settled_at=at)


def digest_of(form: Form, data: Mapping[str, Any], salt: bytes) -> str:
    """Return the fingerprint (HMAC-SHA-256, hexadecimal) of what is signed: version and answers.

    What the form computes is left out, as it may differ from day to day.
    """
    computed = {one.name for one in form.computed}
    said = {name: value for name, value in data.items() if name not in computed}
    signed = {"form": form.name, "version": form.version, "answers": said}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()


def shown_of(form: Form, data: Mapping[str, Any], cosigner: Cosigner) -> list[tuple[str, str]]:
    """Return label and answer of what the second person sees; of a group, maybe some fields of its rows."""
    whole = {path for path in cosigner.shows if "/" not in path}
    inside: dict[str, set[str]] = {}
    for group, _, field in (path.partition("/") for path in cosigner.shows if "/" in path):
        inside.setdefault(group, set()).add(field)
    seen = {name: value for name, value in data.items() if name in whole}
    for group in inside.keys() - whole:
        rows = data.get(group)
        if isinstance(rows, list):
            seen[group] = [{key: one for key, one in row.items() if key in inside[group]} for row in rows]
    return form.answers(seen, tuple(dict.fromkeys(path.partition("/")[0] for path in cosigner.shows)))


def cosigner_of(raw: Mapping[str, Any] | None, names: Language, language: str, floor: int) -> Cosigner | None:
    """Read what a form's file says under `cosigner`. `floor`: the form's trust level."""
    if raw is None:
        return None
    texts = {key: raw[key].get(language) or next(iter(raw[key].values())) for key in ("title", "text")}
    days = raw.get("days", DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        raise ValueError(f"cosigner.days is none of 1 to {MOST_DAYS}")
    return Cosigner(
        title=str(texts["title"]),
        text=str(texts["text"]),
        shows=tuple(str(path).removeprefix("/") for path in raw["shows"]),
        days=days,
        trust_level=level_in(raw, floor),
        basis=source_of(raw["legal_basis"]),
        when=Expression(str(raw["when"]), "boolean", names) if raw.get("when") is not None else None,
    )
