# SPDX-License-Identifier: EUPL-1.2
"""The demo's mail sink: what was sent, as its HTTP door says it."""

from typing import Any
from urllib.parse import quote

import httpx

from mash_portal_gw.model.letter import Letter
from mash_sdk.problems import NotFound, Unavailable


class MailSink:
    """None as address: this platform sends real mail, and there is nothing to show."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._http = httpx.AsyncClient(timeout=3)

    async def newest(self, limit: int = 100) -> list[Letter]:
        return [Letter.of(one) for one in await self._get(f"/messages?limit={limit}")]

    async def one(self, letter: str) -> Letter:
        return Letter.of(await self._get(f"/messages/{quote(letter, safe='')}"))

    async def close(self) -> None:
        await self._http.aclose()

    async def _get(self, path: str) -> Any:
        if self._url is None:
            raise NotFound(
                "Diese Plattform hat kein Postfach zum Ansehen: Sie verschickt ihre Post wirklich."
            )
        try:
            answer = await self._http.get(self._url.rstrip("/") + path)
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise NotFound("Diese Nachricht liegt nicht im Postfach.")
            return answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as err:
            raise Unavailable("Das Postfach antwortet nicht.") from err
