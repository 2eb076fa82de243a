# SPDX-License-Identifier: EUPL-1.2
"""Failure has names: what use cases raise, and how the doors say it (RFC 9457, gRPC status, DLQ)."""

from collections.abc import Sequence
from dataclasses import dataclass

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what was sent.

    `pointer` is a JSON pointer (RFC 6901) into the body, or a parameter's name with a leading `?`;
    `reason` says what is wrong and `remedy` what to do about it.
    """

    pointer: str
    reason: str
    remedy: str = ""


def pointer(*parts: str | int) -> str:
    """The JSON pointer (RFC 6901) of what lies under these keys and positions; without any, of the whole."""
    # Half of a surrogate pair, which JSON lets through, cannot be sent back.
    texts = (str(part).encode("utf-8", "replace").decode() for part in parts)
    return "".join("/" + text.replace("~", "~0").replace("/", "~1") for text in texts)


class Problem(Exception):
    """A refusal with a name. Doors turn it into a problem document; its text never holds personal data.

    `kind` names the problem for programs: it becomes the last part of `type`.
    """

    status = 500
    kind = "internal"
    title = "Interner Fehler"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[Fault] = (),
        kind: str | None = None,
        status: int | None = None,
        title: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.kind = kind or self.kind
        self.status = status or self.status
        self.title = title or self.title


class Invalid(Problem):
    """What was sent can be read but is wrong; `errors` says where, why and what to do."""

    status, kind, title = 422, "invalid", "Angaben fehlen oder sind falsch"


class Unreadable(Problem):
    """What was sent can never be understood: no retry will help."""

    status, kind, title = 400, "unreadable", "Die Anfrage ist nicht lesbar"


class Unauthenticated(Problem):
    """Nobody proved who is calling."""

    status, kind, title = 401, "unauthenticated", "Anmeldung erforderlich"


class Forbidden(Problem):
    """The caller is known and may not."""

    status, kind, title = 403, "forbidden", "Nicht erlaubt"


class NotFound(Problem):
    """It is not there, or not for this caller."""

    status, kind, title = 404, "not-found", "Nicht gefunden"


class Conflict(Problem):
    """It contradicts what already holds."""

    status, kind, title = 409, "conflict", "Widerspricht dem Stand"


class TooLarge(Problem):
    """More bytes than this door takes."""

    status, kind, title = 413, "too-large", "Zu groß"


class UnsupportedMediaType(Problem):
    """A content type this door does not read."""

    status, kind, title = 415, "unsupported-media-type", "Inhaltstyp nicht unterstützt"


class TooMany(Problem):
    """More requests than the limit allows."""

    status, kind, title = 429, "too-many-requests", "Zu viele Anfragen"


class NotImplementedYet(Problem):
    """A part of a standard that this version does not have."""

    status, kind, title = 501, "not-implemented", "Nicht vorhanden"


class Unavailable(Problem):
    """Something needed does not answer now; the same may succeed later."""

    status, kind, title = 503, "unavailable", "Vorübergehend nicht erreichbar"
