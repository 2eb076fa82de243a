# SPDX-License-Identifier: EUPL-1.2
"""What was observed, as it is published: the Observation that a GET of it shows (18-088, 14.2)."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from mash_sdk.tenants import Tenants
from mash_sensors.model.entities import OBSERVATION, ROOT
from mash_sensors.model.reading import Seen
from mash_sensors.model.topics import Place
from mash_sensors.model.written import written

Asked = Callable[[Place], bool]
_LINKS: Final = tuple(OBSERVATION.links)


def shown(places: Tenants, seen: Sequence[Seen], asked: Asked) -> Iterator[tuple[list[Place], bytes]]:
    """Of what somebody asked for: where it is published, and what is."""
    for one in seen:
        stream = one.reading.datastream
        wanted = [
            place for place in (Place(stream.tenant, stream.id), Place(stream.tenant, None)) if asked(place)
        ]
        if wanted:
            link = places.url(stream.tenant, f"{ROOT}/{OBSERVATION.plural}('{one.reading.id}')")
            entity = {"@iot.id": one.reading.id, "@iot.selfLink": link}
            entity |= written(one.reading, one.flags)
            entity |= {f"{name}@iot.navigationLink": f"{link}/{name}" for name in _LINKS}
            yield wanted, json.dumps(entity, ensure_ascii=False).encode()
