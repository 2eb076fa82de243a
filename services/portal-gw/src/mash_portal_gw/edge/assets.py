# SPDX-License-Identifier: EUPL-1.2
"""Style sheets, fonts and icons: read once at start, kept in memory, addressed by their content's hash."""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from mash_portal_gw.edge.answers import Headers, Send, send_body
from mash_portal_gw.edge.request import Request

FOLDER: Final = "/assets"
_KINDS: Final = {".css", ".js", ".svg", ".woff2"}
_PACKED: Final = {".css", ".js", ".svg"}
_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_SHORT: Final = b"public, max-age=300"


@dataclass(frozen=True, slots=True)
class Asset:
    media_type: bytes
    body: bytes
    packed: bytes | None
    tag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> "Asset":
        suffix = Path(name).suffix
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        media = f"{kind}; charset=utf-8" if suffix in _PACKED else kind
        packed = gzip.compress(body, 6, mtime=0) if suffix in _PACKED else None
        return cls(media.encode(), body, packed, hashlib.sha256(body).hexdigest()[:16])


class Assets:
    """What lies under /assets: the portal's own files and KERN's."""

    def __init__(self, kern: Path | None) -> None:
        own = files("mash_portal_gw") / "pages" / "assets"
        found = {
            entry.name: entry.read_bytes() for entry in own.iterdir() if Path(entry.name).suffix in _KINDS
        }
        if kern is not None:
            found |= dict(_read(kern))
        self._assets: Mapping[str, Asset] = {name: Asset.of(name, body) for name, body in found.items()}

    @property
    def has_kern(self) -> bool:
        return "kern/kern.min.css" in self._assets

    def url(self, name: str) -> str:
        return f"{FOLDER}/{name}?v={self._assets[name].tag}"

    def get(self, path: str) -> Asset | None:
        """By path, `/assets/portal.css`."""
        return self._assets.get(path.removeprefix(f"{FOLDER}/"))


async def send_asset(send: Send, request: Request, asset: Asset, extra: Headers) -> None:
    """The asset, packed where the client takes it; 304 when it has it already."""
    etag = f'"{asset.tag}"'.encode()
    versioned = request.query == f"v={asset.tag}".encode()
    headers: Headers = [
        (b"etag", etag),
        (b"cache-control", _FOR_EVER if versioned else _SHORT),
        (b"vary", b"accept-encoding"),
        *extra,
    ]
    if etag in request.fields.get(b"if-none-match", b""):
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    body = asset.body
    headers.append((b"content-type", asset.media_type))
    if asset.packed is not None and b"gzip" in request.fields.get(b"accept-encoding", b""):
        body = asset.packed
        headers.append((b"content-encoding", b"gzip"))
    await send_body(send, 200, headers, body, head_only=request.method == "HEAD")


def _read(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix in _KINDS and not file.name.startswith("kern-utilities."):
            yield f"kern/{file.relative_to(folder).as_posix()}", file.read_bytes()
