# SPDX-License-Identifier: EUPL-1.2
"""A public document as it is answered: bytes, tags and fields are made once, when it arrives."""

import gzip
import math
from dataclasses import dataclass, field
from datetime import UTC
from typing import Final

from mash.platform.v1.public_pb2 import PublicDocument
from mash_sdk.public import Document, cache_control, etag_of

SMALLEST_PACKED: Final = 512
"""Bytes below which packing saves nothing that counts."""
_LEVEL: Final = 6
_OVERHEAD: Final = 1024


@dataclass(frozen=True, slots=True)
class Variant:
    """One encoding of a document."""

    etag: str
    body: bytes = field(repr=False)
    fields: tuple[tuple[bytes, bytes], ...]
    """Header fields of every answer that has this variant."""
    body_fields: tuple[tuple[bytes, bytes], ...]
    """Further ones of an answer that is not 304."""
    shared: bytes = field(repr=False)
    """`fields` as they are written."""
    lines: bytes = field(repr=False)
    """`fields` and `body_fields` as they are written."""


@dataclass(frozen=True, slots=True)
class Held:
    """A document in the gateway's memory."""

    plain: Variant
    packed: Variant | None
    """With gzip; None if that saves nothing."""
    ends: float
    """Unix time from which on it is not served; infinity without an end."""

    @classmethod
    def of(cls, document: Document) -> "Held":
        """Raise ValueError for nothing: a Document is right by having been made."""
        etag = etag_of(document)
        shared = (
            (b"cache-control", cache_control(document.max_age).encode("ascii")),
            (b"vary", b"accept-encoding"),
        )
        kind = (b"content-type", document.media_type.encode("ascii"))
        plain = _variant(etag, document.body, shared, (kind,))
        packed = None
        if len(document.body) >= SMALLEST_PACKED:
            body = gzip.compress(document.body, _LEVEL, mtime=0)
            if len(body) < len(document.body):
                coded = (kind, (b"content-encoding", b"gzip"))
                packed = _variant(f'{etag[:-1]}-gzip"', body, shared, coded)
        ends = document.valid_until.timestamp() if document.valid_until is not None else math.inf
        return cls(plain, packed, ends)

    @property
    def size(self) -> int:
        """Bytes it takes, about."""
        return _OVERHEAD + sum(len(one.body) + len(one.lines) for one in (self.plain, self.packed) if one)

    def known_as(self, if_none_match: str) -> Variant | None:
        """The variant that If-None-Match names (RFC 9110, 13.1.2); `*` names any."""
        named = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
        if named == ["*"]:
            return self.plain
        return next((one for one in (self.plain, self.packed) if one is not None and one.etag in named), None)


def document_of(message: PublicDocument) -> Document:
    """What was published. Raises ValueError, with the reason, for what no service of ours would publish."""
    return Document(
        path=message.path,
        body=message.body,
        media_type=message.media_type,
        max_age=message.max_age_seconds,
        valid_until=message.valid_until.ToDatetime(UTC) if message.HasField("valid_until") else None,
    )


def _variant(
    etag: str, body: bytes, shared: tuple[tuple[bytes, bytes], ...], own: tuple[tuple[bytes, bytes], ...]
) -> Variant:
    fields = ((b"etag", etag.encode("ascii")), *shared)
    body_fields = (*own, (b"content-length", b"%d" % len(body)))
    shown, more = (b"".join(b"%b: %b\r\n" % one for one in some) for some in (fields, body_fields))
    return Variant(etag, body, fields, body_fields, shown, shown + more)
