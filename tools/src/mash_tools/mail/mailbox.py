# SPDX-License-Identifier: EUPL-1.2
"""Where received messages lie: one .eml file each, so that any mail program can open them."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from uuid import UUID

from mash_sdk.ids import new_id

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FROM, _TO = "X-Envelope-From", "X-Envelope-To"


@dataclass(frozen=True, slots=True)
class Received:
    """One message as the sink took it; `sent_at` is the moment it arrived."""

    id: str
    sent_at: datetime
    sender: str
    recipients: Sequence[str]
    subject: str
    text: str
    html: str | None
    headers: Sequence[tuple[str, str]]

    def line(self) -> Mapping[str, object]:
        """What a list shows of it."""
        return {
            "id": self.id,
            "sent_at": self.sent_at.isoformat().replace("+00:00", "Z"),
            "from": self.sender,
            "to": list(self.recipients),
            "subject": self.subject,
        }

    def whole(self) -> Mapping[str, object]:
        headers = [{"name": name, "value": value} for name, value in self.headers]
        return {**self.line(), "text": self.text, "html": self.html, "headers": headers}


class Mailbox:
    """A folder of messages that keeps the newest `limit` and forgets the rest."""

    def __init__(self, folder: Path, limit: int = 1000) -> None:
        self._folder = folder
        self._limit = limit
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, sender: str, recipients: Sequence[str], content: bytes) -> str:
        """Keep a message; it is whole on disk when this returns. Returns its id (UUIDv7)."""
        message_id = new_id()
        head = f"{_FROM}: {sender}\r\n{_TO}: {', '.join(recipients)}\r\n"
        part = self._folder / f"{message_id}.part"
        with part.open("wb") as file:
            file.write(head.encode() + content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self._folder / f"{message_id}.eml")
        for old in list(self._files())[self._limit :]:
            old.unlink(missing_ok=True)
        return message_id

    def newest(self, limit: int) -> list[Received]:
        return [self._read(path) for path in list(self._files())[:limit]]

    def get(self, message_id: str) -> Received | None:
        path = self._folder / f"{message_id}.eml"
        return self._read(path) if _ID.fullmatch(message_id) and path.is_file() else None

    def empty(self) -> None:
        for path in self._files():
            path.unlink(missing_ok=True)

    def _files(self) -> Iterator[Path]:
        # Ids are UUIDv7: their order is the order of arrival.
        yield from sorted(self._folder.glob("*.eml"), reverse=True)

    def _read(self, path: Path) -> Received:
        message = message_from_bytes(path.read_bytes(), policy=modern)
        recipients = [one.strip() for one in str(message.get(_TO, "")).split(",") if one.strip()]
        return Received(
            id=path.stem,
            sent_at=_moment(path.stem),
            sender=str(message.get(_FROM, "")),
            recipients=recipients,
            subject=str(message.get("Subject", "")),
            text=_body(message, "plain") or "",
            html=_body(message, "html"),
            headers=[(name, str(value)) for name, value in message.items() if name not in {_FROM, _TO}],
        )


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return None
    charset = part.get_content_charset() or "utf-8"
    try:
        return raw.decode(charset, errors="replace").replace("\r\n", "\n")
    except LookupError:  # a charset nobody knows
        return raw.decode("latin-1").replace("\r\n", "\n")


def _moment(message_id: str) -> datetime:
    return datetime.fromtimestamp((UUID(message_id).int >> 80) / 1000, UTC)
