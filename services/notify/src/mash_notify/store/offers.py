# SPDX-License-Identifier: EUPL-1.2
"""What modules offer, within a unit of the tenant."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from mash_notify.service.offers import Offer
from mash_notify.service.subscriptions import Place
from mash_notify.store.tables import offers
from mash_sdk.database import Unit


class OfferStore:
    async def replace(self, unit: Unit, module: str, new: Sequence[Offer]) -> None:
        names = [one.name for one in new]
        gone = delete(offers).where(offers.c.module == module, offers.c.name.not_in(names))
        await unit.connection.execute(gone)
        for one in new:
            row = insert(offers).values(
                module=module,
                name=one.name,
                title=one.title,
                text=one.text,
                places=[
                    {"id": place.thing_id, "name": place.name, "path": place.path} for place in one.places
                ],
                offered_at=unit.clock.now(),
            )
            newer = {key: row.excluded[key] for key in ("title", "text", "places", "offered_at")}
            await unit.connection.execute(
                row.on_conflict_do_update(index_elements=["tenant", "module", "name"], set_=newer)
            )

    async def all(self, unit: Unit) -> Sequence[Offer]:
        wanted = select(offers).order_by(offers.c.module, offers.c.name)
        return [
            Offer(
                row.module,
                row.name,
                row.title,
                row.text,
                tuple(Place(place["id"], place["name"], place["path"]) for place in row.places),
            )
            for row in await unit.connection.execute(wanted)
        ]
