# SPDX-License-Identifier: EUPL-1.2
"""Where a module's HTTP door answers."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a module's HTTP door answers."""

    host: str
    port: int
    tls: bool = False

    @classmethod
    def parse(cls, text: str) -> "Origin":
        """From `http://host:port`; ValueError for more or less than scheme, host and port."""
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError(f"{text!r} is no origin: http(s)://host:port")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError(f"{text!r} is more than an origin: scheme, host and port only")
        tls = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority.decode()}"

    @property
    def authority(self) -> bytes:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}".encode("idna" if not self.host.isascii() else "ascii")
