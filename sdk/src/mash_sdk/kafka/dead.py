# SPDX-License-Identifier: EUPL-1.2
"""The dead letter topic `<group>.dlq.v1`: what a group could not handle, as it came, with the reason."""

from pathlib import Path
from typing import Final

from mash_sdk.kafka.broker import Outgoing, Record
from mash_sdk.names import Names
from mash_sdk.problems import Problem
from mash_sdk.telemetry.failures import frames_of, kind_of

REASON: Final = "mash-reason"
ATTEMPTS: Final = "mash-attempts"
TOPIC: Final = "mash-topic"
PARTITION: Final = "mash-partition"
OFFSET: Final = "mash-offset"


def letter(group: str, record: Record, *, reason: str, attempts: int) -> Outgoing:
    """The record for the dead letter topic: unchanged but for headers that say what happened to it."""
    about = {
        REASON: reason,
        ATTEMPTS: str(attempts),
        TOPIC: record.topic,
        PARTITION: str(record.partition),
        OFFSET: str(record.offset),
    }
    kept = [(name, value) for name, value in record.headers if name not in about]
    added = [(name, value.encode()) for name, value in about.items()]
    return Outgoing(Names(group).dlq_topic, record.key or b"", record.value, (*kept, *added))


def reason_of(error: BaseException) -> str:
    """What may be said of a failure. Only problems speak for themselves: other texts may quote people."""
    if isinstance(error, Problem):
        return f"{error.kind}: {error.detail}" if error.detail else error.kind
    frames = frames_of(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame] or frames
    return f"{kind_of(error)} at {Path(ours[-1]).name}" if ours else kind_of(error)
