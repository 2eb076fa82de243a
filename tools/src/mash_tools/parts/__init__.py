# SPDX-License-Identifier: EUPL-1.2
"""The real parts the platform stands on, run from wheels: PostgreSQL, Kafka, Keycloak.

Each is `async with Part(folder): …` or prepare → start → ready → stop; several may run at the same time.
"""

from mash_tools.parts.kafka import Kafka
from mash_tools.parts.keycloak import Keycloak
from mash_tools.parts.postgres import Postgres

__all__ = ["Kafka", "Keycloak", "Postgres"]
