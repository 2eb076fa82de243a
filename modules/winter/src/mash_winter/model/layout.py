# SPDX-License-Identifier: EUPL-1.2
"""Which sensors speak for which segment, and what they said: evidence from readings."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, Final

import numpy as np

from mash_winter.model.evidence import Evidence, Hazard, Level
from mash_winter.model.network import EARTH, Location, Network, Segment, metres
from mash_winter.model.rules import IceRules
from mash_winter.model.weather import Quantity, Reading


@dataclass(frozen=True, slots=True)
class Source:
    """A datastream that measures one of the quantities."""

    datastream_id: str
    place: str
    """The Thing's name."""
    location: Location | None
    quantity: Quantity
    valid_for: timedelta


@dataclass(frozen=True)
class Ears:
    """Whom a segment listens to; the first that can be used counts."""

    segment: Segment
    surface: tuple[Source, ...]
    on_segment: bool
    weather: tuple[tuple[Source, Source], ...]
    """Air and humidity of one place."""
    precipitation: tuple[Source, ...]
    neighbours: tuple[Source, ...]
    """Surface sensors of places around; the one that speaks is left out later."""

    @cached_property
    def datastreams(self) -> frozenset[str]:
        pairs = [one for pair in self.weather for one in pair]
        every = [*self.surface, *pairs, *self.precipitation, *self.neighbours]
        return frozenset(one.datastream_id for one in every)


NEAREST: Final = 4
"""Of each kind of sensor a segment listens to so many at most, the nearest: in a city with a thousand of them
each reading would else be a reason to decide on hundreds of segments."""
FEW: Final = 3
"""Readings of a series that are looked at although they are older than the rules look back."""
SLACK: Final = timedelta(hours=2)
"""So much older those few may be."""

Layout = Mapping[str, Ears]
"""By segment."""
Heard = Mapping[str, Sequence[Reading]]
"""Readings by datastream, the oldest first."""


def layout(network: Network, sources: Sequence[Source], rules: IceRules) -> Layout:
    """Sensors on a segment speak for it; a road without any listens to those around, a bridge to none."""
    fields = {quantity: _Field.of(sources, quantity) for quantity in Quantity}
    return {segment.id: _ears(segment, fields, rules) for segment in network.segments}


def listeners(found: Layout) -> Mapping[str, Sequence[str]]:
    """The segments that listen to each datastream."""
    heard: dict[str, list[str]] = {}
    for name, ears in found.items():
        for one in ears.datastreams:
            heard.setdefault(one, []).append(name)
    return heard


@dataclass(frozen=True, slots=True)
class _Field:
    """The sources of one quantity, and where they are."""

    sources: tuple[Source, ...]
    """By datastream."""
    places: np.ndarray[Any, np.dtype[np.float64]]
    """Longitudes and latitudes of these in radians, not a number where there is none."""

    @classmethod
    def of(cls, sources: Sequence[Source], quantity: Quantity) -> "_Field":
        fit = sorted((one for one in sources if one.quantity is quantity), key=lambda one: one.datastream_id)
        places = [one.location or (math.nan, math.nan) for one in fit]
        return cls(tuple(fit), np.radians(np.array(places, dtype=np.float64).reshape(-1, 2)))

    def near(self, location: Location, within: float) -> Iterator[Source]:
        """Those at most `within` metres away, the nearest first: metres() of network.py, of all at once."""
        west, south = (math.radians(one) for one in location)
        east, north = self.places[:, 0], self.places[:, 1]
        along = np.cos(north) * math.cos(south) * np.sin((east - west) / 2) ** 2
        far = 2 * EARTH * np.arcsin(np.sqrt(np.sin((north - south) / 2) ** 2 + along))
        fit = np.flatnonzero(far <= within)
        for one in fit[np.argsort(far[fit], kind="stable")]:
            yield self.sources[one]


def _ears(segment: Segment, fields: Mapping[Quantity, _Field], rules: IceRules) -> Ears:
    def near(quantity: Quantity, within: float, most: int = NEAREST) -> tuple[Source, ...]:
        return tuple(islice(fields[quantity].near(segment.middle, within), most))

    here = [one for one in fields[Quantity.SURFACE].sources if one.place in segment.places]
    own = tuple(sorted(here, key=lambda one: _far(segment, one)))
    remote = () if own or segment.kind == "bridge" else near(Quantity.SURFACE, rules.surface_metres)
    humidity = {one.place: one for one in fields[Quantity.HUMIDITY].sources}
    air = fields[Quantity.AIR].near(segment.middle, rules.weather_metres)
    weather = ((one, humidity[one.place]) for one in air if one.place in humidity)
    return Ears(
        segment=segment,
        surface=own or remote,
        on_segment=bool(own),
        weather=tuple(islice(weather, NEAREST)),
        precipitation=near(Quantity.PRECIPITATION, rules.weather_metres),
        # One more: the nearest may be the one that speaks.
        neighbours=near(Quantity.SURFACE, rules.neighbour_metres, NEAREST + 1),
    )


def _far(segment: Segment, source: Source) -> float:
    return math.inf if source.location is None else metres(segment.middle, source.location)


def evidence(
    ears: Ears, heard: Heard, at: datetime, before: Level, before_hazard: Hazard | None, rules: IceRules
) -> Evidence:
    """What these sensors said until `at`; where the first says nothing now, the next is asked."""
    wet, cold = timedelta(minutes=rules.wet_minutes), timedelta(minutes=2 * rules.duration_minutes)

    def said(source: Source) -> tuple[Reading, ...]:
        """Of the surface no more than is needed, but of sensors that send seldom enough to see a duration."""
        series = tuple(heard.get(source.datastream_id, ()))
        since = at - (cold if source.quantity is Quantity.SURFACE else wet)
        return tuple(
            one for n, one in enumerate(series, FEW - len(series)) if n >= 0 or one.observed_at >= since
        )

    def live(series: Sequence[Reading]) -> bool:
        if not series:
            return False
        low, high = rules.plausible[series[-1].quantity]
        return not series[-1].future and series[-1].valid_until > at and low <= series[-1].value <= high

    surface = _first([said(one) for one in ears.surface], live)
    pairs = [(said(air), said(humidity)) for air, humidity in ears.weather]
    fit = [pair for pair in pairs if live(pair[0]) and live(pair[1])] or pairs
    air, humidity = fit[0] if fit else ((), ())
    speaking = surface[-1].place if surface else ""
    others = [said(one) for one in ears.neighbours if one.place != speaking]
    return Evidence(
        segment_id=ears.segment.id,
        at=at,
        surface=surface,
        on_segment=ears.on_segment,
        air=air[-1] if air else None,
        humidity=humidity[-1] if humidity else None,
        precipitation=_first([said(one) for one in ears.precipitation], live),
        neighbours=tuple(series[-1] for series in others if live(series)),
        before=before,
        before_hazard=before_hazard,
    )


def _first(
    found: Sequence[tuple[Reading, ...]], live: Callable[[Sequence[Reading]], bool]
) -> tuple[Reading, ...]:
    return next((one for one in found if live(one)), next((one for one in found if one), ()))


def lookback(rules: IceRules) -> timedelta:
    """How old readings may be of which a decision looks at all."""
    return max(timedelta(minutes=rules.wet_minutes), timedelta(minutes=2 * rules.duration_minutes))
