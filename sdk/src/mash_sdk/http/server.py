# SPDX-License-Identifier: EUPL-1.2
"""uvicorn on a socket of our own, told when to stop by the Program instead of by signals."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from mash_sdk.settings import SettingsError, address


class HttpServer(uvicorn.Server):
    """uvicorn on a socket of our own, without its signal handlers: the process decides when to stop."""

    def __init__(
        self, app: ASGIApp, listen: str, protocol: type[asyncio.Protocol] | None, grace: float
    ) -> None:
        """`listen` is host:port, port 0 a free one; `bound` says which. `grace`: seconds to finish."""
        self._socket = _listen(listen)
        host, port = self._socket.getsockname()[:2]
        self.bound = f"{host}:{port}"
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol or "httptools",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=int(grace),
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await super().serve(sockets or [self._socket])

    async def stop(self) -> None:
        self.should_exit = True


def _listen(where: str) -> socket.socket:
    host, port = address(where)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as err:
        listener.close()
        raise SettingsError(f"http: cannot listen on {where}: {err.strerror}") from err
    listener.set_inheritable(True)
    return listener
