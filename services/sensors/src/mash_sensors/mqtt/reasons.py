# SPDX-License-Identifier: EUPL-1.2
"""Reason codes of MQTT 5.0 (2.4), and which of them a refusal is."""

from typing import Final

from mash_sdk.problems import Forbidden, Invalid, NotFound, Problem, Unauthenticated, Unreadable

SUCCESS: Final = 0x00
UNSPECIFIED: Final = 0x80
MALFORMED: Final = 0x81
PROTOCOL_ERROR: Final = 0x82
REFUSED: Final = 0x83
UNSUPPORTED_VERSION: Final = 0x84
BAD_CREDENTIALS: Final = 0x86
NOT_AUTHORIZED: Final = 0x87
UNAVAILABLE: Final = 0x88
BUSY: Final = 0x89
GOING_DOWN: Final = 0x8B
TIMEOUT: Final = 0x8D
TAKEN_OVER: Final = 0x8E
BAD_FILTER: Final = 0x8F
BAD_TOPIC: Final = 0x90
NO_TOPIC_ALIAS: Final = 0x94
TOO_LARGE: Final = 0x95
QUOTA: Final = 0x97
BAD_PAYLOAD: Final = 0x99
NO_QOS_2: Final = 0x9B


def reason_of(problem: Problem) -> int:
    """For what is refused for good."""
    match problem:
        case Forbidden() | Unauthenticated():
            return NOT_AUTHORIZED
        case NotFound():
            return BAD_TOPIC
        case Invalid() | Unreadable():
            return BAD_PAYLOAD
        case _:
            return REFUSED
