# SPDX-License-Identifier: EUPL-1.2
"""Problems as gRPC statuses and back. The whole problem travels as JSON in the trailer `mash-problem-bin`."""

import json
from collections.abc import Iterable

import grpc
import grpc.aio

from mash_sdk import problems
from mash_sdk.problems import Fault, Problem, Unavailable

TRAILER = "mash-problem-bin"
_DETAIL = 500

_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    501: grpc.StatusCode.UNIMPLEMENTED,
    502: grpc.StatusCode.UNAVAILABLE,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
_CLASSES: dict[int, type[Problem]] = {
    cls.status: cls
    for cls in (
        problems.Unreadable,
        problems.Forbidden,
        problems.NotFound,
        problems.Conflict,
        problems.TooLarge,
        problems.Invalid,
        problems.TooMany,
        problems.NotImplementedYet,
        problems.Unavailable,
    )
}
_BY_CODE: dict[grpc.StatusCode, type[Problem]] = {
    grpc.StatusCode.INVALID_ARGUMENT: problems.Invalid,
    grpc.StatusCode.NOT_FOUND: problems.NotFound,
    grpc.StatusCode.PERMISSION_DENIED: problems.Forbidden,
    grpc.StatusCode.FAILED_PRECONDITION: problems.Conflict,
    grpc.StatusCode.ALREADY_EXISTS: problems.Conflict,
    grpc.StatusCode.RESOURCE_EXHAUSTED: problems.TooMany,
    grpc.StatusCode.UNIMPLEMENTED: problems.NotImplementedYet,
}


def code_of(problem: Problem) -> grpc.StatusCode:
    return _CODES.get(problem.status, grpc.StatusCode.INTERNAL)


def packed(problem: Problem) -> bytes:
    """The problem as it travels."""
    document = {
        "status": problem.status,
        "kind": problem.kind,
        "title": problem.title,
        "detail": problem.detail[:_DETAIL],
        "errors": [[fault.pointer, fault.reason, fault.remedy] for fault in problem.errors[:20]],
        "retry_after": problem.retry_after,
    }
    return json.dumps(document).encode()


def too_slow(peer: str) -> Unavailable:
    return Unavailable(f"{peer} hat nicht rechtzeitig geantwortet.", kind="peer-too-slow")


def problem_of(error: grpc.aio.AioRpcError, peer: str) -> Problem:
    """What a peer's refusal or silence means here.

    A peer that is away, too slow, broken or refuses our own token is Unavailable: none of it is the fault of
    whoever asked us, and the same may succeed later.
    """
    code = error.code()
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return too_slow(peer)
    if code is grpc.StatusCode.UNAUTHENTICATED:
        return Unavailable(f"{peer} erkennt diesen Dienst nicht an.", kind="peer-refused", status=502)
    told = _unpacked(error.trailing_metadata() or ())
    if told is not None:
        return told
    if code is grpc.StatusCode.UNAVAILABLE:
        return Unavailable(f"{peer} antwortet nicht.", kind="peer-away")
    if code in _BY_CODE:
        return _BY_CODE[code](f"{peer} hat die Frage abgewiesen.")
    return Unavailable(f"{peer} konnte nicht antworten.", kind="peer-failed", status=502)


def _unpacked(trailers: Iterable[tuple[str, str | bytes]]) -> Problem | None:
    for name, value in trailers:
        if name == TRAILER:
            try:
                document = json.loads(value)
                cls = _CLASSES.get(int(document["status"]))
                if cls is None:
                    return None
                return cls(
                    str(document["detail"]),
                    errors=[Fault(*map(str, fault)) for fault in document["errors"]],
                    kind=str(document["kind"]),
                    title=str(document["title"]),
                    retry_after=document["retry_after"],
                )
            except (ValueError, KeyError, TypeError):
                return None
    return None
