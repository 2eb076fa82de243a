# SPDX-License-Identifier: EUPL-1.2
"""The HTTP side of the sink: what was received, as JSON, and the handle tests turn it with."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from mash_sdk.problems import MEDIA_TYPE, Forbidden, NotFound, Problem
from mash_tools.mail.mailbox import Mailbox
from mash_tools.mail.receiver import Answer, Receiver


class Next(BaseModel):
    """How the next message is answered; asked several times, the answers queue up."""

    model_config = ConfigDict(extra="forbid")
    answer: Answer


def app_of(mailbox: Mailbox, receiver: Receiver) -> FastAPI:
    app = FastAPI(title="MAsH mail sink", docs_url=None, redoc_url=None)

    @app.get("/healthz")
    def healthz() -> Mapping[str, str]:
        return {"status": "ok"}

    @app.get("/messages")
    def messages(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[Mapping[str, object]]:
        return [message.line() for message in mailbox.newest(limit)]

    @app.get("/messages/{message_id}")
    def message(message_id: str) -> Mapping[str, object]:
        found = mailbox.get(message_id)
        if found is None:
            raise NotFound("Diese Nachricht liegt nicht im Postfach.")
        return found.whole()

    @app.delete("/messages", status_code=204)
    def empty() -> None:
        mailbox.empty()

    @app.post("/_sim/next", status_code=204)
    async def answer_next(body: Next, request: Request) -> None:
        if request.client is None or not ip_address(request.client.host).is_loopback:
            raise Forbidden("Nur von diesem Rechner aus.")
        receiver.coming.append(body.answer)

    @app.exception_handler(Problem)
    async def problem(_request: Request, error: Problem) -> JSONResponse:
        return _document(error.status, error.title, error.detail)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _document(422, "Angaben fehlen oder sind falsch", "; ".join(e["msg"] for e in error.errors()))

    return app


def _document(status: int, title: str, detail: str) -> JSONResponse:
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(content, status, media_type=MEDIA_TYPE)
