# SPDX-License-Identifier: EUPL-1.2
"""What is observed and by what: ObservedProperty, Sensor, Datastream (18-088, 8.2)."""

from dataclasses import dataclass
from datetime import timedelta

from mash_sensors.model.device import Kind
from mash_sensors.model.picture import Location


@dataclass(frozen=True, slots=True)
class ObservedProperty:
    """A phenomenon: surface temperature, fill level."""

    id: str
    name: str
    definition: str
    """A URI that says what is meant; the same one is the same property."""
    description: str


@dataclass(frozen=True, slots=True)
class Sensor:
    """The instrument or procedure."""

    id: str
    name: str
    description: str
    encoding_type: str
    metadata: str
    """Where it is described, in the encoding named."""


@dataclass(frozen=True, slots=True)
class DatastreamEntry:
    """A datastream as it is shown."""

    id: str
    thing_id: str
    sensor_id: str
    property_id: str
    name: str
    description: str
    kind: Kind
    unit: str | None
    """UCUM code; None where the result is no number."""
    valid_for: timedelta
    """How long after it was observed a reading may be called live."""
    lowest: float | None = None
    """What the sensor measures at least; beyond, a reading is flagged."""
    highest: float | None = None
    stuck_after: timedelta | None = None
    """For how long it may say the same; after that, it is flagged."""


@dataclass(frozen=True, slots=True)
class Source:
    """A datastream as somebody needs it who reads the stream of observations: what, and where."""

    id: str
    thing_id: str
    place: str
    """The Thing's name."""
    location: Location | None
    observes: str
    """The observed property's URI."""
    unit: str | None
    valid_for: timedelta
    demo: bool
