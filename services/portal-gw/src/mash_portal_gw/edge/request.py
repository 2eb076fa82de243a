# SPDX-License-Identifier: EUPL-1.2
"""A request as the edge sees it: read once, refused when two readers could understand it differently."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes

from mash_portal_gw.model.network import Network
from mash_sdk.problems import Problem, TooLarge, Unreadable

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS: Final = SAFE | {"POST", "PUT", "PATCH", "DELETE"}
FIELDS: Final = 100
FIELD_BYTES: Final = 32 << 10
TARGET_BYTES: Final = 8 << 10
HOST_BYTES: Final = 260
"""A name has at most 253 (RFC 1035), a port five."""
HOPS_BYTES: Final = 512
"""Of X-Forwarded-For, from its end: our own proxies, and the client before them."""

_HOST = re.compile(rb"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
_TARGET = re.compile(rb"/[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})|%(?:00|2[fF]|5[cC])")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_ONCE: Final = frozenset(
    {
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"content-type",
        b"authorization",
        b"origin",
        b"range",
        b"upgrade",
        b"sec-websocket-key",
        b"sec-websocket-version",
    }
)


class FieldsTooLarge(Problem):
    """More header fields, or longer ones, than the door takes."""

    status, kind, title = 431, "fields-too-large", "Kopfzeilen zu groß"


class TargetTooLong(Problem):
    status, kind, title = 414, "target-too-long", "Adresse zu lang"


class MethodUnknown(Problem):
    status, kind, title = 405, "method-not-allowed", "Methode nicht erlaubt"


@dataclass(slots=True)
class Request:
    """What a client asked for, made unambiguous."""

    method: str
    path: str
    """Decoded, without query; no empty, `.` or `..` segment in it."""
    raw_path: bytes
    query: bytes
    host: str
    """Lower case, without port."""
    headers: list[tuple[bytes, bytes]]
    client: str
    https: bool
    length: int | None = None
    """Bytes of the body; None when they are not known beforehand."""
    chunked: bool = False
    fields: dict[bytes, bytes] = field(default_factory=dict)
    """The last value of each field."""

    @property
    def has_body(self) -> bool:
        return self.chunked or bool(self.length)

    @property
    def websocket(self) -> bool:
        """Whether it asks to go on as a WebSocket."""
        if self.fields.get(b"upgrade", b"").lower() != b"websocket" or self.method != "GET":
            return False
        tokens = self.fields.get(b"connection", b"").lower().split(b",")
        return b"upgrade" in (token.strip() for token in tokens)

    @property
    def safe(self) -> bool:
        return self.method in SAFE

    @property
    def wants_html(self) -> bool:
        return b"text/html" in self.fields.get(b"accept", b"")

    @property
    def request_id(self) -> bytes | None:
        """The client's own request id, if it is a harmless one."""
        sent = self.fields.get(b"x-request-id", b"")
        return sent if is_request_id(sent) else None

    def text(self, name: bytes) -> str:
        """A field's value; empty when it was not sent."""
        return self.fields.get(name, b"").decode("latin-1")


def is_request_id(sent: bytes) -> bool:
    """Whether a client's own request id is a harmless one."""
    return _REQUEST_ID.fullmatch(sent) is not None


def read(scope: dict[str, Any], trusted: tuple[Network, ...] = ()) -> Request:
    """Read an ASGI scope. Raises a Problem (400, 405, 413, 414, 431) for what must not be passed on."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    fields = _fields(headers)
    method = scope["method"]
    if method not in METHODS:
        raise MethodUnknown(f"Erlaubt sind {', '.join(sorted(METHODS))}.")
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    host, path = where(fields.get(b"host", b""), raw_path, query)
    peer = scope.get("client")
    request = Request(
        method=method,
        path=path,
        raw_path=raw_path,
        query=query,
        host=host,
        headers=headers,
        client=peer[0] if peer else "",
        https=scope.get("scheme") == "https",
        fields=fields,
    )
    _body(request)
    if request.chunked and scope.get("http_version") == "1.0":
        raise Unreadable("HTTP/1.0 kennt kein Transfer-Encoding.")
    if trusted:
        request.client, request.https = behind_proxies(
            request.client,
            fields.get(b"x-forwarded-for", b""),
            fields.get(b"x-forwarded-proto", b""),
            trusted,
            https=request.https,
        )
    return request


def where(host: bytes, raw_path: bytes, query: bytes) -> tuple[str, str]:
    """Host name and decoded path. Raises a Problem for what could be understood differently elsewhere."""
    path = _path(raw_path, query)
    if len(host) > HOST_BYTES or not _HOST.fullmatch(host):
        raise Unreadable("Die Kopfzeile Host fehlt oder ist kein Rechnername.")
    return _name_of(host), path


def _fields(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    if len(headers) > FIELDS:
        raise FieldsTooLarge(f"Höchstens {FIELDS} Kopfzeilen sind erlaubt.")
    fields: dict[bytes, bytes] = {}
    total = 0
    for name, value in headers:
        total += len(name) + len(value)
        if name in fields and name in _ONCE:
            raise Unreadable(f"Die Kopfzeile {name.decode('latin-1')} steht mehrfach in der Anfrage.")
        fields[name] = value if name != b"cookie" or name not in fields else fields[name] + b"; " + value
    if total > FIELD_BYTES:
        raise FieldsTooLarge(f"Höchstens {FIELD_BYTES} Bytes Kopfzeilen sind erlaubt.")
    return fields


def _path(raw: bytes, query: bytes) -> str:
    if len(raw) + len(query) > TARGET_BYTES:
        raise TargetTooLong(f"Höchstens {TARGET_BYTES} Bytes sind erlaubt.")
    if not _TARGET.fullmatch(raw):
        raise Unreadable("Die Adresse enthält Zeichen, die dort nicht stehen dürfen.")
    if b"%" in raw:
        if _BROKEN_ESCAPE.search(raw):
            raise Unreadable("Die Adresse enthält eine Kodierung, die dort nicht stehen darf.")
        raw = unquote_to_bytes(raw)
    try:
        path = raw.decode()
    except UnicodeDecodeError:
        raise Unreadable("Die Adresse ist nicht in UTF-8 geschrieben.") from None
    if not path.isprintable():
        raise Unreadable("Die Adresse enthält Zeichen, die dort nicht stehen dürfen.")
    if "//" in path or "/./" in path or "/../" in path or path.endswith(("/.", "/..")):
        raise Unreadable("Die Adresse enthält leere oder relative Abschnitte.")
    return path


def _name_of(host: bytes) -> str:
    name = host.decode("ascii").lower()
    return name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]


def _body(request: Request) -> None:
    fields = request.fields
    coding = fields.get(b"transfer-encoding")
    length = fields.get(b"content-length")
    if coding is not None:
        if length is not None:
            raise Unreadable("Content-Length und Transfer-Encoding widersprechen sich.")
        if coding.strip().lower() != b"chunked":
            raise Unreadable("Als Transfer-Encoding ist nur chunked erlaubt.")
        request.chunked = True
    elif length is not None:
        if not length.isdigit() or len(length) > 12:  # noqa: PLR2004 — a terabyte has 13 digits
            raise Unreadable("Content-Length ist keine Zahl.")
        request.length = int(length)
    else:
        request.length = 0
    if request.has_body and b"upgrade" in fields:
        raise Unreadable("Diese Verbindung wechselt kein Protokoll.")
    if request.has_body and request.method in ("GET", "HEAD"):
        raise Unreadable(f"Eine Anfrage mit {request.method} hat keinen Inhalt.")


def shown(target: bytes) -> str:
    """The decoded path of a request that was not read, as far as it may be repeated; else `/`."""
    path = target.partition(b"?")[0]
    return unquote(path.decode("ascii")) if len(path) <= TARGET_BYTES and _TARGET.fullmatch(path) else "/"


def check_length(request: Request, limit: int) -> None:
    """Raise TooLarge when it is known beforehand that the body is larger than `limit` bytes."""
    if request.length is not None and request.length > limit:
        raise TooLarge(f"Höchstens {limit} Bytes sind erlaubt.")


def behind_proxies(
    client: str, forwarded_for: bytes, proto: bytes, trusted: tuple[Network, ...], *, https: bool
) -> tuple[str, bool]:
    """Believe what our own proxies say of the client: the last address that is not one of them."""
    if len(forwarded_for) > HOPS_BYTES:
        # What is remembered has to stay small; what a client wrote itself stands in front.
        forwarded_for = forwarded_for[-HOPS_BYTES:].partition(b",")[2]
    return _behind(client, forwarded_for, trusted, proto.strip() == b"https", https)


@lru_cache(maxsize=8192)
def _behind(
    client: str,
    forwarded_for: bytes,
    trusted: tuple[Network, ...],
    told_https: bool,  # noqa: FBT001
    https: bool,  # noqa: FBT001
) -> tuple[str, bool]:
    if not is_ours(client, trusted):
        return client, https
    for hop in reversed(forwarded_for.decode("latin-1").split(",")):
        address = hop.strip()
        try:
            ip_address(address)
        except ValueError:
            break
        client = address
        if not is_ours(address, trusted):
            break
    return client, told_https or https


def is_ours(address: str, trusted: Sequence[Network]) -> bool:
    """Whether a proxy of ours has this address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)
