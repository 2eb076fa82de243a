# SPDX-License-Identifier: EUPL-1.2
"""The driver `mash-http`: orders by PUT, reads by GET, JSON, a bearer key. Written down in the README.

A protocol of our own, for controllers that are given an adapter: what roads use (TLS 2012, NTCIP 1203) speaks
to field devices over networks of its own, and would be a file beside this one.
"""

from typing import Any, Final

import httpx

from mash_sdk.telemetry import SpanKind, inject, step
from mash_winter.gateways.signs.controllers import Controllers
from mash_winter.model.signs import Picture, Sign
from mash_winter.service.switching import Outdated, SignAway, SignRefused

CONNECTIONS: Final = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=30)


class MashHttp:
    def __init__(self, controllers: Controllers, seconds: float) -> None:
        self._controllers = controllers
        # Straight there: a proxy that the environment names is for the world outside.
        self._client = httpx.AsyncClient(timeout=seconds, limits=CONNECTIONS, trust_env=False)

    async def show(self, tenant: str, sign: Sign, picture: Picture, sequence: int) -> None:
        body = {"picture": str(picture), "sequence": sequence}
        answer = await self._ask("PUT", tenant, sign, body)
        if answer.status_code == httpx.codes.CONFLICT:
            newest = _object(answer).get("sequence")
            if isinstance(newest, bool) or not isinstance(newest, int):
                raise SignAway("unverständlich")
            raise Outdated(newest)
        _taken(answer)

    async def read(self, tenant: str, sign: Sign) -> Picture | None:
        answer = await self._ask("GET", tenant, sign, None)
        _taken(answer)
        shown = _object(answer).get("picture")
        return Picture(shown) if shown in set(Picture) else None

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, method: str, tenant: str, sign: Sign, body: Any) -> httpx.Response:
        controller = self._controllers.of(tenant, sign.controller)
        if controller is None:
            raise SignRefused("Die Steuerung ist nicht eingerichtet.")
        headers = {"authorization": f"Bearer {controller.key.get_secret_value()}"}
        with step(f"sign {method}", kind=SpanKind.CLIENT, attributes={"http.request.method": method}) as span:
            inject(headers)
            try:
                answer = await self._client.request(
                    method, f"{controller.base}/signs/{sign.id}", json=body, headers=headers
                )
            except httpx.HTTPError as err:
                raise SignAway(type(err).__name__) from err
            span.set_attribute("http.response.status_code", answer.status_code)
        return answer


def _taken(answer: httpx.Response) -> None:
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise SignAway(str(answer.status_code))
    if not answer.is_success:
        raise SignRefused(str(answer.status_code))


def _object(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object. Raises SignAway if it is none: then nothing is known."""
    try:
        found = answer.json()
    except (ValueError, RecursionError) as err:
        raise SignAway("unverständlich") from err
    if not isinstance(found, dict):
        raise SignAway("unverständlich")
    return found
