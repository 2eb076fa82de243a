# SPDX-License-Identifier: EUPL-1.2
"""What holds for every request before a route sees it: how long it may be, and that HEAD is a GET."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mash_sdk.http.answers import problem_response
from mash_sdk.problems import TooLarge, Unreadable


class BodyLimit:
    """Refuses bodies over `limit` bytes before they are read, or as soon as they turn out to be longer."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        try:
            too_long = int(declared) > self._limit
        except ValueError:
            await problem_response(Unreadable("Content-Length ist keine Zahl."), scope["path"])(
                scope, receive, send
            )
            return
        if too_long:
            await problem_response(self._too_large(), scope["path"])(scope, receive, send)
            return
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > self._limit:
                    raise self._too_large()
            return message

        await self._app(scope, limited, send)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"Höchstens {self._limit} Bytes werden angenommen.")


class HeadAsGet:
    """Answers HEAD as GET without the body (RFC 9110, 9.3.2): no route has to say so itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, bodiless)
