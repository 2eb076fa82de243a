# SPDX-License-Identifier: EUPL-1.2
"""All entities of SensorThings: where things are and were, what is observed, and what observations carry."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = ("locations", "thing_locations", "historical_locations", "locations_then", "features")
PERIODS = ("phenomenon_end", "result_time", "valid_from", "valid_until")


def uuid(name: str = "id", **options: object) -> sa.Column[str]:
    return sa.Column(name, pg.UUID(as_uuid=False), **options)  # type: ignore[arg-type]


def json(name: str, **options: object) -> sa.Column[object]:
    return sa.Column(name, pg.JSONB, **options)  # type: ignore[arg-type]


def described() -> list[sa.Column[object]]:
    return [
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        json("properties"),
    ]


def box() -> list[sa.Column[object]]:
    """Bounds in degrees; null where it is no GeoJSON."""
    return [sa.Column(edge, sa.Double) for edge in ("west", "south", "east", "north")]


def upgrade() -> None:
    op.create_table(
        "locations",
        uuid(primary_key=True),
        tenant_column(),
        *described(),
        sa.Column("encoding_type", sa.Text, nullable=False),
        json("location", nullable=False),
        *box(),
    )
    op.create_table(
        "thing_locations",
        tenant_column(),
        sa.Column("thing_id", sa.Text, sa.ForeignKey("things.id", ondelete="cascade"), primary_key=True),
        uuid("location_id", primary_key=True),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], ondelete="cascade"),
    )
    op.create_index("thing_locations_by_location", "thing_locations", ["location_id"])
    op.create_table(
        "historical_locations",
        uuid(primary_key=True),
        tenant_column(),
        sa.Column("thing_id", sa.Text, sa.ForeignKey("things.id", ondelete="cascade"), nullable=False),
        sa.Column("time", MOMENT, nullable=False),
    )
    op.create_index("historical_locations_of_thing", "historical_locations", ["thing_id", "time"])
    op.create_table(
        "locations_then",
        tenant_column(),
        uuid("historical_id", primary_key=True),
        uuid("location_id", primary_key=True),
        sa.ForeignKeyConstraint(["historical_id"], ["historical_locations.id"], ondelete="cascade"),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], ondelete="cascade"),
    )
    op.create_index("locations_then_by_location", "locations_then", ["location_id"])
    op.create_table(
        "features",
        uuid(primary_key=True),
        tenant_column(),
        *described(),
        sa.Column("encoding_type", sa.Text, nullable=False),
        json("feature", nullable=False),
        *box(),
        # The location it was made of: what is observed there is of it unless another is named.
        uuid("location_id", unique=True),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], ondelete="set null"),
    )
    for table in ("locations", "historical_locations", "features"):
        op.create_index(f"{table}_of_tenant", table, ["tenant", "id"])
    for table in ("locations", "features"):
        op.create_index(f"{table}_by_box", table, ["west", "east"])
    _extend()
    protect(op, "sensors", *TABLES)


def _extend() -> None:
    op.add_column("sensors", json("properties"))
    op.alter_column(
        "sensors", "metadata", type_=pg.JSONB, existing_nullable=False, postgresql_using="to_jsonb(metadata)"
    )
    op.add_column("observed_properties", json("properties"))
    # SensorThings lets two have one definition; registering a device still takes the one that is there.
    op.drop_constraint("observed_property_once", "observed_properties")
    op.create_index("observed_properties_by_definition", "observed_properties", ["tenant", "definition"])
    op.add_column("datastreams", json("properties"))
    op.add_column("datastreams", sa.Column("observation_type", sa.Text))
    op.add_column("datastreams", json("unit_of_measurement"))
    op.add_column("datastreams", json("observed_area"))
    for column in box():
        op.add_column("datastreams", column)
    op.drop_constraint("numbers_have_units", "datastreams")
    op.create_check_constraint("only_numbers_have_units", "datastreams", "unit is null or kind = 'number'")
    op.create_index("datastreams_of_sensor", "datastreams", ["sensor_id", "id"])
    op.create_index("datastreams_of_property", "datastreams", ["property_id", "id"])
    for name in PERIODS:
        op.add_column("observations", sa.Column(name, MOMENT))
    op.add_column("observations", json("quality"))
    op.add_column("observations", json("parameters"))
    op.add_column("observations", uuid("feature_id"))
    op.create_index(
        "observations_of_feature",
        "observations",
        ["feature_id", "phenomenon_time"],
        postgresql_where=sa.text("feature_id is not null"),
    )


def downgrade() -> None:
    op.drop_index("observations_of_feature", "observations")
    for name in ("feature_id", "parameters", "quality", *PERIODS):
        op.drop_column("observations", name)
    op.drop_index("datastreams_of_property", "datastreams")
    op.drop_index("datastreams_of_sensor", "datastreams")
    op.drop_constraint("only_numbers_have_units", "datastreams")
    op.execute("update datastreams set unit = '1' where unit is null and kind = 'number'")
    op.create_check_constraint("numbers_have_units", "datastreams", "(unit is not null) = (kind = 'number')")
    for name in (
        "west",
        "south",
        "east",
        "north",
        "observed_area",
        "unit_of_measurement",
        "observation_type",
    ):
        op.drop_column("datastreams", name)
    op.drop_column("datastreams", "properties")
    op.drop_index("observed_properties_by_definition", "observed_properties")
    # The older version takes a definition for a name: of several, all but the first get one of their own.
    op.execute(
        "update observed_properties p set definition = p.definition || '#' || p.id where exists ("
        "select from observed_properties o where o.tenant = p.tenant and o.definition = p.definition"
        " and o.id < p.id)"
    )
    op.create_unique_constraint("observed_property_once", "observed_properties", ["tenant", "definition"])
    op.drop_column("observed_properties", "properties")
    op.alter_column("sensors", "metadata", type_=sa.Text, postgresql_using="metadata #>> '{}'")
    op.drop_column("sensors", "properties")
    for table in ("features", "locations_then", "historical_locations", "thing_locations", "locations"):
        op.drop_table(table)
