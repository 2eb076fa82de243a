# SPDX-License-Identifier: EUPL-1.2
"""The tables."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from mash_sdk.database import tenant_column

metadata = MetaData()
MOMENT = DateTime(timezone=True)
ID = UUID(as_uuid=False)


def _box() -> list[Column[float]]:
    """Bounds of a geometry in degrees."""
    return [Column(edge, Double) for edge in ("west", "south", "east", "north")]


things = Table(
    "things",
    metadata,
    Column("id", Text, primary_key=True),
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("properties", JSONB(none_as_null=True)),
    Column("registered_at", MOMENT, nullable=False),
)

observed_properties = Table(
    "observed_properties",
    metadata,
    Column("id", ID, primary_key=True),
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("properties", JSONB(none_as_null=True)),
)

sensors = Table(
    "sensors",
    metadata,
    Column("id", ID, primary_key=True),
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("encoding_type", Text, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("properties", JSONB(none_as_null=True)),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", ID, primary_key=True),
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("made_at", MOMENT, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    Column("id", ID, primary_key=True),
    tenant_column(),
    Column("device_id", Text, nullable=False),
    Column("dev_eui", Text),
    Column("thing_id", Text, nullable=False),
    Column("webhook_id", ID),
    Column("registered_at", MOMENT, nullable=False),
    Column("codec", Text),
)

keys = Table(
    "keys",
    metadata,
    Column("id", ID, primary_key=True),
    tenant_column(),
    Column("digest", LargeBinary, nullable=False),
    Column("device_id", ID),
    Column("webhook_id", ID),
    Column("made_at", MOMENT, nullable=False),
    Column("revoked_at", MOMENT),
)

datastreams = Table(
    "datastreams",
    metadata,
    Column("id", ID, primary_key=True),
    tenant_column(),
    Column("thing_id", Text, nullable=False),
    Column("sensor_id", ID, nullable=False),
    Column("property_id", ID, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit", Text),
    Column("valid_seconds", Integer, nullable=False),
    Column("device_id", ID),
    Column("field", Text),
    Column("lowest", Double),
    Column("highest", Double),
    Column("stuck_seconds", Integer),
    Column("properties", JSONB(none_as_null=True)),
    Column("observation_type", Text),
    Column("unit_of_measurement", JSONB(none_as_null=True)),
    Column("observed_area", JSONB(none_as_null=True)),
    *_box(),
)

observations = Table(
    "observations",
    metadata,
    tenant_column(),
    Column("id", ID, primary_key=True),
    Column("datastream_id", ID, nullable=False),
    Column("phenomenon_time", MOMENT, primary_key=True),
    Column("received_at", MOMENT, nullable=False),
    Column("number", Double),
    Column("truth", Boolean),
    Column("text", Text),
    Column("flags", SmallInteger, nullable=False),
    Column("phenomenon_end", MOMENT),
    Column("result_time", MOMENT),
    Column("valid_from", MOMENT),
    Column("valid_until", MOMENT),
    Column("quality", JSONB(none_as_null=True)),
    Column("parameters", JSONB(none_as_null=True)),
    Column("feature_id", ID),
)

tallies = Table(
    "tallies",
    metadata,
    tenant_column(),
    Column("days", SmallInteger, primary_key=True),
    Column("begins", Date, primary_key=True),
    Column("datastream_id", ID, primary_key=True),
    Column("counted", Integer, nullable=False),
    Column("numbers", ARRAY(Double)),
    Column("upto", ARRAY(Integer)),
)

tallied = Table("tallied", metadata, tenant_column(), Column("until", Date, nullable=False))

days_to_tally = Table(
    "days_to_tally",
    metadata,
    tenant_column(),
    Column("datastream_id", ID, nullable=False),
    Column("day", Date, nullable=False),
)

newest = Table(
    "newest",
    metadata,
    Column("datastream_id", ID, primary_key=True),
    tenant_column(),
    Column("observation_id", ID, nullable=False),
    Column("phenomenon_time", MOMENT, nullable=False),
    Column("received_at", MOMENT, nullable=False),
    Column("valid_until", MOMENT, nullable=False),
    Column("number", Double),
    Column("truth", Boolean),
    Column("text", Text),
    Column("same_since", MOMENT),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", ID, primary_key=True),
    tenant_column(),
    Column("rule", Text, nullable=False),
    Column("rule_version", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("resolved_text", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("thing_id", Text, nullable=False),
    Column("datastream_id", ID, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", MOMENT, nullable=False),
    Column("opened_by", ID, nullable=False),
    Column("opened_value", Double, nullable=False),
    Column("opened_observed_at", MOMENT, nullable=False),
    Column("resolved_at", MOMENT),
    Column("resolved_by", ID),
    Column("resolved_value", Double),
    Column("resolved_observed_at", MOMENT),
)

locations = Table(
    "locations",
    metadata,
    Column("id", ID, primary_key=True),
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("properties", JSONB(none_as_null=True)),
    Column("encoding_type", Text, nullable=False),
    Column("location", JSONB, nullable=False),
    *_box(),
)

thing_locations = Table(
    "thing_locations",
    metadata,
    tenant_column(),
    Column("thing_id", Text, primary_key=True),
    Column("location_id", ID, primary_key=True),
)

historical_locations = Table(
    "historical_locations",
    metadata,
    Column("id", ID, primary_key=True),
    tenant_column(),
    Column("thing_id", Text, nullable=False),
    Column("time", MOMENT, nullable=False),
)

locations_then = Table(
    "locations_then",
    metadata,
    tenant_column(),
    Column("historical_id", ID, primary_key=True),
    Column("location_id", ID, primary_key=True),
)

features = Table(
    "features",
    metadata,
    Column("id", ID, primary_key=True),
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("properties", JSONB(none_as_null=True)),
    Column("encoding_type", Text, nullable=False),
    Column("feature", JSONB, nullable=False),
    *_box(),
    Column("location_id", ID),
)
