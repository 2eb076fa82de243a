# SPDX-License-Identifier: EUPL-1.2
"""Devices with their keys, what they observe, and readings by month."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from mash_sdk.database import tenant_column
from mash_sdk.migrations import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "observed_properties",
    "sensors",
    "webhooks",
    "devices",
    "keys",
    "datastreams",
    "messages",
    "observations",
    "newest",
)

# The service's roles may make no tables: this function makes a month's partition for them, and moves into it
# what the default partition already holds of that month (clocks that are ahead write there).
MAKE_PARTITIONS = """
create function sensors.make_partitions(first timestamptz, months int) returns int
language plpgsql security definer set search_path = sensors, pg_temp set timezone = 'UTC' as $$
declare
    begins timestamptz;
    ends timestamptz;
    partition text;
    made int := 0;
begin
    perform pg_advisory_xact_lock(hashtextextended('sensors.make_partitions', 0));
    for n in 0 .. months - 1 loop
        begins := date_trunc('month', first) + make_interval(months => n);
        ends := begins + interval '1 month';
        partition := 'observations_' || to_char(begins, 'YYYYMM');
        continue when to_regclass('sensors.' || quote_ident(partition)) is not null;
        execute format('create table sensors.%I (like sensors.observations including all)', partition);
        execute format('alter table sensors.%I enable row level security', partition);
        execute format(
            'grant select, insert, update, delete on sensors.%I to mash_sensors_worker', partition);
        execute format(
            'with moved as (delete from sensors.observations_rest'
            ' where phenomenon_time >= %L and phenomenon_time < %L returning *)'
            ' insert into sensors.%I select * from moved', begins, ends, partition);
        execute format(
            'alter table sensors.observations attach partition sensors.%I for values from (%L) to (%L)',
            partition, begins, ends);
        made := made + 1;
    end loop;
    return made;
end
$$
"""


def uuid(name: str = "id", **options: object) -> sa.Column[str]:
    return sa.Column(name, pg.UUID(as_uuid=False), **options)  # type: ignore[arg-type]


def result() -> list[sa.Column[object]]:
    """One of the three is there; constrained where it is kept for long."""
    return [sa.Column("number", sa.Double), sa.Column("truth", sa.Boolean), sa.Column("text", sa.Text)]


def upgrade() -> None:
    op.create_table(
        "observed_properties",
        uuid(primary_key=True),
        tenant_column(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant", "definition", name="observed_property_once"),
    )
    op.create_table(
        "sensors",
        uuid(primary_key=True),
        tenant_column(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("encoding_type", sa.Text, nullable=False),
        sa.Column("metadata", sa.Text, nullable=False),
    )
    op.create_table(
        "webhooks",
        uuid(primary_key=True),
        tenant_column(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant", "name", name="webhook_once"),
    )
    op.create_table(
        "devices",
        uuid(primary_key=True),
        tenant_column(),
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("dev_eui", sa.Text),
        sa.Column("thing_id", sa.Text, sa.ForeignKey("things.id"), nullable=False),
        uuid("webhook_id"),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"]),
        sa.UniqueConstraint("tenant", "device_id", name="device_once"),
        sa.UniqueConstraint("tenant", "dev_eui", name="dev_eui_once"),
    )
    op.create_table(
        "keys",
        uuid(primary_key=True),
        tenant_column(),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        uuid("device_id"),
        uuid("webhook_id"),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"]),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"]),
        sa.CheckConstraint("num_nonnulls(device_id, webhook_id) = 1", name="key_of_one"),
    )
    op.create_index("keys_of_device", "keys", ["device_id"])
    op.create_index("keys_of_webhook", "keys", ["webhook_id"])
    op.create_table(
        "datastreams",
        uuid(primary_key=True),
        tenant_column(),
        sa.Column("thing_id", sa.Text, sa.ForeignKey("things.id"), nullable=False),
        uuid("sensor_id", nullable=False),
        uuid("property_id", nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("unit", sa.Text),
        sa.Column("valid_seconds", sa.Integer, nullable=False),
        uuid("device_id"),
        sa.Column("field", sa.Text),
        sa.ForeignKeyConstraint(["sensor_id"], ["sensors.id"]),
        sa.ForeignKeyConstraint(["property_id"], ["observed_properties.id"]),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"]),
        sa.UniqueConstraint("device_id", "field", name="field_once"),
        sa.CheckConstraint("kind in ('number', 'truth', 'text')", name="datastream_kind"),
        sa.CheckConstraint("(unit is not null) = (kind = 'number')", name="numbers_have_units"),
    )
    op.create_index("datastreams_of_tenant", "datastreams", ["tenant", "id"])
    op.create_index("datastreams_of_thing", "datastreams", ["thing_id", "id"])
    op.create_table(
        "messages",
        tenant_column(primary_key=True),
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("received_at", MOMENT, nullable=False),
    )
    op.create_index("messages_by_age", "messages", ["received_at"])
    _observations()
    op.create_table(
        "newest",
        uuid("datastream_id", primary_key=True),
        tenant_column(),
        uuid("observation_id", nullable=False),
        sa.Column("phenomenon_time", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("valid_until", MOMENT, nullable=False),
        *result(),
        # Rewritten with each reading: room beside the row spares its index.
        postgresql_with={"fillfactor": 50},
    )
    protect(op, "sensors", *TABLES)


def _observations() -> None:
    op.create_table(
        "observations",
        tenant_column(),
        uuid(nullable=False),
        uuid("datastream_id", nullable=False),
        sa.Column("phenomenon_time", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        *result(),
        sa.Column("flags", sa.SmallInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("tenant", "id", "phenomenon_time"),
        sa.CheckConstraint("num_nonnulls(number, truth, text) = 1", name="one_result"),
        postgresql_partition_by="RANGE (phenomenon_time)",
    )
    op.create_index("observations_of_datastream", "observations", ["datastream_id", "phenomenon_time"])
    op.create_index("observations_by_time", "observations", ["tenant", "phenomenon_time"])
    op.execute("create table observations_rest partition of observations default")
    op.execute("alter table observations_rest enable row level security")
    op.execute("grant select, insert, update, delete on observations_rest to mash_sensors_worker")
    op.execute(MAKE_PARTITIONS)
    op.execute("revoke execute on function make_partitions from public")
    op.execute("grant execute on function make_partitions to mash_sensors_worker")
    op.execute("select make_partitions(now() - interval '1 month', 4)")


def downgrade() -> None:
    op.execute("drop function make_partitions")
    for table in reversed(TABLES):
        op.drop_table(table)
