# SPDX-License-Identifier: EUPL-1.2
"""The tables; migrations make them."""

from typing import Final

import sqlalchemy as sa

from mash_sdk.database import tenant_column

metadata = sa.MetaData()
MOMENT: Final = sa.DateTime(timezone=True)

readings = sa.Table(
    "readings",
    metadata,
    tenant_column(primary_key=True),
    sa.Column("observation_id", sa.Text, primary_key=True),
    sa.Column("datastream_id", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("quantity", sa.Text, nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("observed_at", MOMENT, nullable=False),
    sa.Column("valid_until", MOMENT, nullable=False),
    sa.Column("future", sa.Boolean, nullable=False),
    sa.Column("received_at", MOMENT, nullable=False),
)

states = sa.Table(
    "states",
    metadata,
    tenant_column(primary_key=True),
    sa.Column("segment_id", sa.Text, primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("hazard", sa.Text),
    sa.Column("held", sa.Text, nullable=False),
    sa.Column("held_hazard", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("decided_at", MOMENT),
    sa.Column("valid_until", MOMENT),
    sa.Column("warning_id", sa.Text),
)

warnings = sa.Table(
    "warnings",
    metadata,
    tenant_column(),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("segment_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("hazard", sa.Text, nullable=False),
    sa.Column("opened_at", MOMENT, nullable=False),
    sa.Column("changed_at", MOMENT, nullable=False),
    sa.Column("resolved_at", MOMENT),
)

container_levels = sa.Table(
    "container_levels",
    metadata,
    tenant_column(primary_key=True),
    sa.Column("observation_id", sa.Text, primary_key=True),
    sa.Column("datastream_id", sa.Text, nullable=False),
    sa.Column("container_id", sa.Text, nullable=False),
    sa.Column("percent", sa.Double, nullable=False),
    sa.Column("observed_at", MOMENT, nullable=False),
    sa.Column("valid_until", MOMENT, nullable=False),
    sa.Column("future", sa.Boolean, nullable=False),
    sa.Column("received_at", MOMENT, nullable=False),
)

containers = sa.Table(
    "containers",
    metadata,
    tenant_column(primary_key=True),
    sa.Column("container_id", sa.Text, primary_key=True),
    sa.Column("percent", sa.Double),
    sa.Column("observed_at", MOMENT),
    sa.Column("valid_until", MOMENT),
    sa.Column("rate_low", sa.Double),
    sa.Column("rate_likely", sa.Double),
    sa.Column("rate_high", sa.Double),
    sa.Column("refilled_at", MOMENT),
    sa.Column("planned_at", MOMENT),
)

told = sa.Table(
    "told",
    metadata,
    tenant_column(),
    sa.Column("notice_id", sa.Text, primary_key=True),
    sa.Column("warning_id", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("hazard", sa.Text),
    sa.Column("told_at", MOMENT, nullable=False),
)

decisions = sa.Table(
    "decisions",
    metadata,
    tenant_column(),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("warning_id", sa.Text, nullable=False),
    sa.Column("decided_at", MOMENT, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("hazard", sa.Text),
    sa.Column("rule_version", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)

signs = sa.Table(
    "signs",
    metadata,
    tenant_column(primary_key=True),
    sa.Column("sign_id", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("wanted", sa.Text, nullable=False),
    sa.Column("wanted_at", MOMENT),
    sa.Column("warning_id", sa.Text),
    sa.Column("traceparent", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due_at", MOMENT),
    sa.Column("taken_at", MOMENT),
    sa.Column("confirmed_since", MOMENT),
    sa.Column("confirmed_at", MOMENT),
    sa.Column("fault", sa.Text, nullable=False),
)
