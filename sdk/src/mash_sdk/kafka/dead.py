# SPDX-License-Identifier: EUPL-1.2
"""The dead letter topic `<group>.dlq.v1`: what a group could not handle, as it came, with the reason."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mash_sdk.events import header_texts
from mash_sdk.kafka.broker import Outgoing, Record
from mash_sdk.names import Names
from mash_sdk.problems import Problem
from mash_sdk.telemetry.failures import frames_of, kind_of

REASON: Final = "mash-reason"
ATTEMPTS: Final = "mash-attempts"
TOPIC: Final = "mash-topic"
PARTITION: Final = "mash-partition"
OFFSET: Final = "mash-offset"
REPLAYED: Final = "mash-replayed"
_ABOUT: Final = frozenset({REASON, ATTEMPTS, TOPIC, PARTITION, OFFSET})


def letter(group: str, record: Record, *, reason: str, attempts: int) -> Outgoing:
    """The record for the dead letter topic: unchanged but for headers that say what happened to it."""
    about: dict[str, str] = {
        REASON: reason,
        ATTEMPTS: str(attempts),
        TOPIC: record.topic,
        PARTITION: str(record.partition),
        OFFSET: str(record.offset),
    }
    kept = [(name, value) for name, value in record.headers if name not in _ABOUT]
    added = [(name, value.encode()) for name, value in about.items()]
    return Outgoing(Names(group).dlq_topic, record.key or b"", record.value, (*kept, *added))


def place_of(record: Record) -> str:
    """Where the record lay that a letter, or the note of its replay, is about."""
    about = header_texts(record.headers)
    return about.get(REPLAYED) or f"{about.get(TOPIC)}/{about.get(PARTITION)}@{about.get(OFFSET)}"


def outstanding(records: Iterable[Record]) -> list[Record]:
    """Of a dead letter topic, in order: the letters that nobody has brought back."""
    letters: dict[str, Record] = {}
    for record in records:
        if REPLAYED in header_texts(record.headers):
            letters.pop(place_of(record), None)
        else:
            letters[place_of(record)] = record
    return list(letters.values())


def brought_back(letter: Record) -> tuple[Outgoing, Outgoing]:
    """The record as it first came, for its topic; and the note for the dead letter topic that says so."""
    about = header_texts(letter.headers)
    kept = tuple((name, value) for name, value in letter.headers if name not in _ABOUT)
    again = Outgoing(about[TOPIC], letter.key or b"", letter.value, kept)
    return again, Outgoing(letter.topic, letter.key or b"", None, ((REPLAYED, place_of(letter).encode()),))


def reason_of(error: BaseException) -> str:
    """What may be said of a failure. Only problems speak for themselves: other texts may quote people."""
    if isinstance(error, Problem):
        return f"{error.kind}: {error.detail}" if error.detail else error.kind
    frames = frames_of(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame] or frames
    return f"{kind_of(error)} at {Path(ours[-1]).name}" if ours else kind_of(error)
