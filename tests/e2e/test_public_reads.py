# SPDX-License-Identifier: EUPL-1.2
"""Public reads end at the edge: they are answered while their service is dead, and by a restarted gateway."""

from typing import Any

import httpx
import pytest

from mash_sdk.testing.patience import until
from mash_tools.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

FORMS = "/heidelberg/api/forms/v1/forms"
NEWEST = "/heidelberg/api/sensors/v1/newest"


async def published(portal: httpx.AsyncClient, path: str, module: str) -> httpx.Response:
    """The answer, once it comes from memory."""

    async def from_memory() -> list[httpx.Response]:
        before = await reads(portal, module)
        answer = await portal.get(path)
        return [answer] if await reads(portal, module) > before else []

    [answer] = await until(from_memory, f"{path} is not answered at the edge", within=30)
    return answer


async def reads(portal: httpx.AsyncClient, module: str) -> float:
    text = (await portal.get("/metrics")).text
    wanted = [
        line
        for line in text.splitlines()
        if line.startswith(f'mash_gateway_public_read_total{{mash_module="{module}"')
    ]
    return sum(float(line.rpartition(" ")[2]) for line in wanted)


async def test_the_catalogue_is_there_while_forms_is_not(platform: Platform) -> None:
    async with httpx.AsyncClient(base_url=platform.url, timeout=15) as portal:
        before = await published(portal, FORMS, "forms")
        names = [form["name"] for form in before.json()["items"]]
        assert "bewohnerparkausweis" in names
        await published(portal, NEWEST, "sensors")

        await platform.kill("forms")
        again = await portal.get(FORMS)
        assert (again.status_code, again.content) == (200, before.content)
        known = await portal.get(FORMS, headers={"if-none-match": before.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
        one: Any = (await portal.get(f"{FORMS}/{names[0]}")).json()
        assert one["data_schema"]["type"] == "object"
        assert (await portal.get(f"{FORMS}?q=park")).status_code in (502, 503)

        await platform.kill("portal-gw")
        await platform.start_again("portal-gw")

        async def back() -> bool:
            try:
                answer = await portal.get(FORMS)
            except httpx.TransportError:
                return False
            return answer.status_code == 200 and answer.content == before.content

        await until(back, "the restarted gateway has no catalogue", within=30)
        await platform.start_again("forms")

        async def asked() -> bool:
            return (await portal.get(f"{FORMS}?q=park")).status_code == 200

        await until(asked, "forms is not back", within=60)
        assert (await published(portal, FORMS, "forms")).headers["etag"] == before.headers["etag"]
