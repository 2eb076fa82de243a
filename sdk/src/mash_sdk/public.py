# SPDX-License-Identifier: EUPL-1.2
"""What everybody may read, made once: a service's route answers with it, and the edge answers with the same.

A Document is published with a unit (`unit.publish`), travels by the outbox like an event, and lies on the
service's compacted topic `mash.<name>.public.v1`, from where the gateway answers without asking the service.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mash.platform.v1.public_pb2 import PublicDocument
from mash_sdk.manifest import Manifest
from mash_sdk.names import Names

TYPE: Final = PublicDocument.DESCRIPTOR.full_name
LARGEST: Final = 512 * 1024
"""Bytes of a published document's body, at most: Kafka refuses records above 1 MiB."""
LONGEST_AGE: Final = 86_400
PATH: Final = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._~-]*)+")
"""Paths that mean the same however they are read: without escapes, dots or empty segments."""
MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+(; ?[a-z0-9-]+=[A-Za-z0-9._:/+-]+)*")
_ALL: Final = "*"


class NotPublic(ValueError):
    """A document whose path module.toml does not declare as `[[public]]`."""


@dataclass(frozen=True, slots=True)
class Document:
    """The answer to GET on one path, the same for everyone."""

    path: str
    """Outside path behind the tenant, `/api/forms/v1/forms`."""
    body: bytes
    media_type: str = "application/json"
    max_age: int = 0
    """Seconds for which whoever asked may use it without asking again. Not together with `valid_until`."""
    valid_until: datetime | None = None
    """From then on the edge asks the service: for figures that must not be shown as if they were new."""

    def __post_init__(self) -> None:
        if not PATH.fullmatch(self.path):
            raise ValueError(f"{self.path!r} is no plain path: letters, digits and ._~- between slashes")
        if not MEDIA_TYPE.fullmatch(self.media_type):
            raise ValueError(f"{self.media_type!r} is no media type")
        if not 0 <= self.max_age <= LONGEST_AGE:
            raise ValueError(f"max_age is 0 to {LONGEST_AGE} seconds")
        if self.valid_until is not None and (self.max_age or self.valid_until.tzinfo is None):
            raise ValueError("valid_until has a zone, and such a document is asked for each time (max_age 0)")

    def answer(self, request: Request) -> Response:
        """What the service's own route gives: the document, or 304 to who has it already."""
        headers = {"etag": etag_of(self), "cache-control": cache_control(self.max_age)}
        if is_known(request.headers.get("if-none-match", ""), headers["etag"]):
            return Response(status_code=304, headers=headers)
        # Not `media_type=`: that would add a charset to text.
        return Response(self.body, headers={**headers, "content-type": self.media_type})


def etag_of(document: Document) -> str:
    """Strong (RFC 9110, 8.8.3): equal only for equal bytes of an equal type."""
    digest = hashlib.sha256(document.media_type.encode() + b"\n" + document.body).digest()
    return f'"{base64.urlsafe_b64encode(digest[:18]).decode()}"'


def cache_control(max_age: int) -> str:
    return f"public, max-age={max_age}" if max_age else "public, no-cache"


def is_known(if_none_match: str, *etags: str) -> bool:
    """Whether If-None-Match (RFC 9110, 13.1.2) names one of a document's etags."""
    if not if_none_match:
        return False
    named = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return named == [_ALL] or any(etag in named for etag in etags)


def record_key(tenant: str, path: str) -> str:
    return tenant + path


def require_declared(schema: str, path: str) -> None:
    """Raise NotPublic unless the service of a schema declares the path: the gateway would refuse it."""
    manifest = _manifest(Names(schema.replace("_", "-")).package)
    if not manifest.publishes(path):
        raise NotPublic(f"{manifest.name} publishes {path}, but its module.toml has no [[public]] for it")


@cache
def _manifest(package: str) -> Manifest:
    return Manifest.of(package)
