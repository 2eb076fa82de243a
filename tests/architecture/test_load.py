# SPDX-License-Identifier: EUPL-1.2
"""Every service and module says how it is used under load, and what it promises then."""

from pathlib import Path

import pytest

from mash_tools.load.profile import crowd, kinds_of
from mash_tools.module.contract import Contract
from mash_tools.module.rules.goals import load_has_goals
from mash_tools.module.source import find
from mash_tools.module.tree import Tree

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(
    file.parent for group in ("services", "modules") for file in ROOT.glob(f"{group}/*/pyproject.toml")
)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_goals_are_for_steps_it_takes(folder: Path) -> None:
    tree = Tree.read(find(str(folder)))
    assert tree.faults == []
    assert list(load_has_goals(tree, Contract.read(ROOT / "proto"))) == []
    assert tree.manifest is not None
    assert tree.manifest.goals is not None
    assert tree.manifest.goals.steps, "a load without a goal proves nothing"
    assert crowd(kinds_of(folder / "load.py"), tree.manifest.goals.users)
