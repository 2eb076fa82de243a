# SPDX-License-Identifier: EUPL-1.2
"""Which header fields pass the edge, in both directions, and which it sets itself."""

from collections.abc import Iterable
from typing import Final

Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    }
)
"""RFC 9110, 7.6.1: they belong to one connection."""

_NOT_FROM_OUTSIDE: Final = HOP_BY_HOP | {
    b"host",
    b"authorization",
    b"cookie",
    b"content-length",
    b"expect",
    b"forwarded",
    b"x-forwarded-for",
    b"x-forwarded-proto",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-prefix",
    b"x-real-ip",
    b"x-request-id",
    b"x-original-url",
    b"x-rewrite-url",
    b"x-http-method-override",
    b"traceparent",
    b"tracestate",
    b"baggage",
    b"origin",
    b"referer",
}
"""What the edge says itself, and what a module must not be led by. `referer` may hold what others typed."""

_NOT_FROM_MODULES: Final = HOP_BY_HOP | {
    b"server",
    b"date",
    b"set-cookie",  # a cookie on the portal's origin is the gateway's
    b"x-powered-by",
    b"x-request-id",
    b"strict-transport-security",
    b"content-security-policy",
    b"x-content-type-options",
    b"x-frame-options",
    b"referrer-policy",
    b"permissions-policy",
    b"cross-origin-opener-policy",
    b"cross-origin-embedder-policy",
    b"cross-origin-resource-policy",
    b"clear-site-data",
    b"alt-svc",
    b"service-worker-allowed",
    b"nel",
    b"report-to",
    b"reporting-endpoints",
    b"refresh",  # leads away without a redirect
}
OURS: Final = b"mash-"
_NOR_FROM_MODULES: Final = (OURS, b"access-control-", b"ratelimit")
"""Whose names begin so: the limits that clients are told of are the gateway's."""


def _named_by_connection(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    named = [value for name, value in headers if name == b"connection"]
    if not named:
        return frozenset()
    return frozenset(token.strip().lower() for value in named for token in value.split(b","))


BODILESS: Final = frozenset({204, 304})
"""No body follows, whatever length a module names (RFC 9110, 8.6)."""


def may_pass_in(name: bytes) -> bool:
    """Whether a module may see the client's field of this name.

    One with an underscore is none: CGI (RFC 3875, 4.1.18) and WSGI read `X_Forwarded_For` as the dashed one.
    """
    return (
        b"_" not in name
        and name not in _NOT_FROM_OUTSIDE
        and not name.startswith(OURS)
        and not name.startswith(b"access-control-request")
    )


def may_pass_out(name: bytes) -> bool:
    """Whether a client may see a module's field of this name."""
    return name not in _NOT_FROM_MODULES and not name.startswith(_NOR_FROM_MODULES)


def to_module(headers: Headers) -> Headers:
    """The client's fields that a module may see."""
    named = _named_by_connection(headers)
    return [(name, value) for name, value in headers if name not in named and may_pass_in(name)]


def to_client(headers: Headers, *, framed: bool, status: int = 200) -> Headers:
    """The module's fields that a client may see. `framed`: the body goes into the shell and grows."""
    named = _named_by_connection(headers)
    if status in BODILESS:
        headers = [field for field in headers if field[0] != b"content-length"]
    return [
        (name, value)
        for name, value in headers
        if name not in named
        and may_pass_out(name)
        and not (framed and name in (b"content-length", b"content-encoding", b"etag", b"accept-ranges"))
    ]


def value_of(headers: Headers, wanted: bytes) -> bytes | None:
    return next((value for name, value in headers if name == wanted), None)


class SecurityHeaders:
    """What every answer says to the browser. No inline script or style anywhere."""

    def __init__(self, *, form_targets: Iterable[str] = ()) -> None:
        """`form_targets`: origins that the answer to a form may redirect to (login, payment)."""
        targets = " ".join(["'self'", *form_targets])
        page = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            f"connect-src 'self'; form-action {targets}; frame-ancestors 'none'; base-uri 'none'; "
            "manifest-src 'self'; object-src 'none'"
        )
        common: Headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=(self), payment=(), usb=()"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]
        data = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
        self._page = [(b"content-security-policy", page.encode("ascii")), *common]
        self._data = [data, *common, (b"cross-origin-resource-policy", b"same-origin")]
        self._https = [(b"strict-transport-security", b"max-age=63072000; includeSubDomains")]

    def page(self, *, https: bool) -> Headers:
        return self._page + self._https if https else self._page

    def data(self, *, https: bool) -> Headers:
        return self._data + self._https if https else self._data
