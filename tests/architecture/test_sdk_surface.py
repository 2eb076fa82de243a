# SPDX-License-Identifier: EUPL-1.2
"""What strangers stand on: services use the SDK's public modules and nothing behind them."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import mash_sdk

ROOT = Path(__file__).parents[2]
SERVICES = sorted(folder.name for folder in (ROOT / "services").iterdir() if folder.is_dir())
GATEWAY = {
    "mash_sdk.alone",
    "mash_sdk.announcing",
    "mash_sdk.asyncapi",
    "mash_sdk.client_key",
    "mash_sdk.http.answers",
    "mash_sdk.http.app",
    "mash_sdk.manifest",
    "mash_sdk.recent",
    "mash_sdk.signals",
}
"""The gateway is the other half of the SDK: it reads what modules announce and answers as they do."""


def imported(folder: Path) -> set[str]:
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "mash_sdk":
                # `from mash_sdk import journey` is the module, `import main` is not.
                names = {f"mash_sdk.{alias.name}" for alias in node.names}
                found |= {name if name in mash_sdk.PUBLIC else "mash_sdk" for name in names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("mash_sdk."):
                found.add(node.module)
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names if alias.name.startswith("mash_sdk")}
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_services_use_the_public_modules(service: str) -> None:
    used = imported(ROOT / "services" / service / "src")
    assert "mash_sdk.program" in used, "the walk sees nothing"
    assert used - mash_sdk.PUBLIC - (GATEWAY if service == "portal-gw" else set()) == set()


@pytest.mark.parametrize("name", sorted(mash_sdk.PUBLIC))
def test_what_is_public_is_there_and_says_what_it_is_for(name: str) -> None:
    assert import_module(name).__doc__
