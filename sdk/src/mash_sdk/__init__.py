# SPDX-License-Identifier: EUPL-1.2
"""What a MAsH module stands on. It knows no domain.

What a service or module imports is PUBLIC below; everything else is how it is done and may change.
"""

from mash_sdk.clock import Clock as Clock
from mash_sdk.clock import system_clock as system_clock

PUBLIC = frozenset(
    {
        "mash_sdk",  # main, Clock, system_clock
        "mash_sdk.audit",  # Trail, Sealing, verified, seal, Chain, Head: audit trails that can be proved
        "mash_sdk.blocking",  # in_process: work that would hold up the event loop
        "mash_sdk.city_files",  # CityFile: what a module reads of each city
        "mash_sdk.clock",
        "mash_sdk.database",  # Database, Unit, Cause, tenant_column
        "mash_sdk.http",  # Router, Allow, Keyring, InUnit, IdempotencyKey, Page, Pages, PageForm, files
        "mash_sdk.identity",  # Principal
        "mash_sdk.ids",
        "mash_sdk.journey",
        "mash_sdk.kafka",  # Subscriptions, Retry, Limit, EventContext; Stream, Delivered, Outlet, is_passing
        "mash_sdk.levels",  # rising, forecast: a level from its readings, and when it reaches a bound
        "mash_sdk.load",  # Visitor, Person, task: for load.py
        "mash_sdk.migrations",  # protect; chain, unchain: tables of audit trails
        "mash_sdk.names",
        "mash_sdk.phrases",  # Phrases, LANGUAGES: what pages say in German, English and Leichte Sprache
        "mash_sdk.problems",
        "mash_sdk.program",  # Program
        "mash_sdk.provide",  # Provide
        "mash_sdk.public",  # Document: what the edge answers
        "mash_sdk.publishing",  # Publishing: keeps published documents true
        "mash_sdk.recent",  # Recent: a bounded memory of recent answers
        "mash_sdk.rpc",  # RpcDoor, Peers, unit, caller, purpose
        "mash_sdk.running",  # Running, for background work
        "mash_sdk.settings",
        "mash_sdk.storable",  # StorableText, storable: text that PostgreSQL can hold
        "mash_sdk.telemetry",  # observed, step, count, record; counter, gauge, histogram for signals.py
        "mash_sdk.tenants",
        "mash_sdk.testing",
    }
)
"""The modules a service may import, with what they are for."""


def main(package: str) -> None:
    """Run a service as a process; what its __main__.py calls."""
    # The doors need most of the SDK; `import mash_sdk.clock` does not.
    from mash_sdk.cli import main as run

    run(package)
