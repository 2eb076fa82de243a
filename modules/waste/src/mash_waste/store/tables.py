# SPDX-License-Identifier: EUPL-1.2
"""The tables; migrations make them."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from mash_sdk.database import tenant_column

metadata = sa.MetaData()
MOMENT: Final = sa.DateTime(timezone=True)

readings = sa.Table(
    "readings",
    metadata,
    tenant_column(primary_key=True),
    sa.Column("observation_id", sa.Text, primary_key=True),
    sa.Column("datastream_id", sa.Text, nullable=False),
    sa.Column("bin_id", sa.Text, nullable=False),
    sa.Column("level", sa.Double, nullable=False),
    sa.Column("observed_at", MOMENT, nullable=False),
    sa.Column("valid_until", MOMENT, nullable=False),
    sa.Column("future", sa.Boolean, nullable=False),
    sa.Column("received_at", MOMENT, nullable=False),
)

states = sa.Table(
    "states",
    metadata,
    tenant_column(primary_key=True),
    sa.Column("bin_id", sa.Text, primary_key=True),
    sa.Column("level", sa.Double),
    sa.Column("observed_at", MOMENT),
    sa.Column("valid_until", MOMENT),
    sa.Column("rate_low", sa.Double),
    sa.Column("rate_likely", sa.Double),
    sa.Column("rate_high", sa.Double),
    sa.Column("emptied_at", MOMENT),
    sa.Column("full", sa.Boolean, nullable=False),
    sa.Column("collection_at", MOMENT),
)

emptyings = sa.Table(
    "emptyings",
    metadata,
    tenant_column(),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("bin_id", sa.Text, nullable=False),
    sa.Column("emptied_at", MOMENT, nullable=False),
    sa.Column("vehicle", sa.Text),
    sa.Column("plan_id", sa.Text),
)

plans = sa.Table(
    "plans",
    metadata,
    tenant_column(),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("fraction", sa.Text, nullable=False),
    sa.Column("begins_at", MOMENT, nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("problem", JSONB, nullable=False),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("violations", JSONB, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    tenant_column(),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("application_id", sa.Text, nullable=False),
    sa.Column("wish", sa.Text, nullable=False),
    sa.Column("litres", sa.Integer, nullable=False),
    sa.Column("new_litres", sa.Integer),
    sa.Column("from_day", sa.Date, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("ordered_at", MOMENT, nullable=False),
    sa.Column("done_at", MOMENT),
)
