# SPDX-License-Identifier: EUPL-1.2
"""Public documents in memory, a shelf for each module: only what is declared and approved comes there."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from google.protobuf.message import DecodeError

from mash.platform.v1.public_pb2 import PublicDocument
from mash_portal_gw.model.public import Held, document_of
from mash_sdk.clock import Clock
from mash_sdk.manifest import Manifest
from mash_sdk.public import LARGEST, Document, record_key

DOCUMENTS: Final = 10_000
"""Of one module, at most."""
_ENVELOPE: Final = 4096
"""Bytes of a record besides the document's body, at most."""


class Refused(Exception):
    """A document that is not laid on the shelf; the text says why, for operators."""


class Pass:
    """One reading of a module's topic: what lies there, by record key."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.held: dict[str, Held] = {}
        self.size = 0

    def put(self, key: str, held: Held) -> None:
        self.drop(key)
        self.held[key] = held
        self.size += held.size

    def sweep(self, now: float) -> None:
        """Let go of what is not served any more."""
        for key in [key for key, held in self.held.items() if held.ends <= now]:
            self.drop(key)

    def drop(self, key: str) -> None:
        before = self.held.pop(key, None)
        if before is not None:
            self.size -= before.size


class Shelf:
    """What one module has published, by tenant and path.

    A topic is read into a Pass of its own, which takes the place of the one before once all is read: so a
    restart or a lost connection shows neither what is old nor what is gone.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown: Mapping[str, Held] = {}
        self._pass: Pass | None = None

    def get(self, key: str) -> Held | None:
        """The document that may be served now."""
        held = self._shown.get(key)
        if held is None or self._clock.now().timestamp() < held.ends:
            return held
        return None

    def show(self, read: Pass) -> None:
        """All that was on the topic has been read: from now on this is what is served, as it goes on."""
        self._pass, self._shown = read, read.held

    def clear(self) -> None:
        self._pass, self._shown = None, {}

    @property
    def is_read(self) -> bool:
        return self._pass is not None

    @property
    def size(self) -> int:
        return self._pass.size if self._pass is not None else 0

    def __len__(self) -> int:
        return len(self._shown)


class Shelves:
    """The shelves of all modules, and what may be laid on them."""

    def __init__(
        self, tenants: Collection[str], owner: Callable[[str], str | None], clock: Clock, largest: int
    ) -> None:
        """`owner`: the name of the module that answers an outside path. `largest`: bytes of one shelf."""
        self._tenants = tenants
        self._owner = owner
        self._clock = clock
        self._largest = largest
        self._shelves: dict[str, Shelf] = {}

    def of(self, module: str) -> Shelf:
        """A module's shelf; always the same one."""
        if module not in self._shelves:
            self._shelves[module] = Shelf(self._clock)
        return self._shelves[module]

    def names(self) -> Collection[str]:
        return self._shelves.keys()

    def read(self, into: Pass, key: bytes, value: bytes | None) -> Document | None:
        """What a record publishes; None if it withdraws. Raises Refused.

        Either way nothing is held for its key: what was there is no longer what the module says.
        """
        name = key.decode("utf-8", "replace")
        into.drop(name)
        if value is None:
            return None
        if len(value) > LARGEST + _ENVELOPE:
            raise Refused(f"{name[:100]}: {len(value)} bytes are too many for a public document")
        try:
            message = PublicDocument.FromString(value)
            document = document_of(message)
        except (DecodeError, ValueError, OverflowError) as err:
            raise Refused(f"{name[:100]}: no public document ({str(err)[:100]})") from err
        path = document.path
        if record_key(message.tenant, path) != name:
            raise Refused(f"{name[:100]}: the record's key is not what the document says")
        if message.tenant not in self._tenants:
            raise Refused(f"{message.tenant[:80]} is no city that is served here")
        if not into.manifest.publishes(path) or self._owner(path) != into.manifest.name:
            raise Refused(f"{path[:200]} is not declared public under a route of its own")
        if len(document.body) > LARGEST:
            raise Refused(f"{name[:100]}: {len(document.body)} bytes are too many for a public document")
        return document

    def lay(self, into: Pass, key: bytes, held: Held) -> None:
        """Raise Refused if there is no room left for it."""
        if into.size + held.size > self._largest or len(into.held) >= DOCUMENTS:
            into.sweep(self._clock.now().timestamp())
        if into.size + held.size > self._largest or len(into.held) >= DOCUMENTS:
            raise Refused(f"more than {DOCUMENTS} documents or {self._largest} bytes")
        into.put(key.decode("utf-8", "replace"), held)
