# SPDX-License-Identifier: EUPL-1.2
"""Whether a module fits the platform: every rule over its folder. Nothing of the module is run."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from mash_tools.cities.faults import Fault
from mash_tools.module.contract import Contract
from mash_tools.module.rules import doors, events, goals, imports, install, papers, schema
from mash_tools.module.source import Source
from mash_tools.module.tree import Tree

RULES: Final[tuple[Callable[[Tree, Contract], Iterable[Fault]], ...]] = (
    papers.manifest_agrees,
    papers.readme_names_all,
    papers.files_are_short,
    papers.conformance_runs,
    events.listens_are_handled,
    events.reads_are_read,
    events.announces_are_in_the_contract,
    events.no_personal_data,
    doors.every_route_says_who,
    doors.every_route_is_reached,
    imports.only_declared,
    schema.migrations_go_back,
    schema.tables_are_protected,
    schema.older_versions_go_on,
    goals.load_has_goals,
    install.values_agree,
)


def check(source: Source, contract: Path) -> list[Fault]:
    """All faults, by file and line. `contract`: the folder that holds mash/…/*.proto."""
    tree = Tree.read(source)
    faults = list(tree.faults)
    if tree.manifest is not None:
        known = Contract.read(contract)
        faults += [fault for rule in RULES for fault in rule(tree, known)]
    return sorted(set(faults))
