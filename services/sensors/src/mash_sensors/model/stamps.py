# SPDX-License-Identifier: EUPL-1.2
"""Moments in messages: protobuf's own conversion, in Python, was a tenth of what an observation cost."""

from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def write(stamp: Timestamp, moment: datetime) -> None:
    """`moment` has a zone."""
    since = moment - _EPOCH
    stamp.seconds = since.days * 86_400 + since.seconds
    stamp.nanos = since.microseconds * 1000


def read(stamp: Timestamp) -> datetime:
    """In UTC, to the microsecond. Raises OverflowError for what no datetime can say."""
    return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)
