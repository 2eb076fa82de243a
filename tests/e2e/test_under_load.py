# SPDX-License-Identifier: EUPL-1.2
"""./mash load at the running platform: real logins, real applications, and what was acknowledged is there.

How long it took is nobody's verdict here: of its goals only those count that are no times.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mash_tools.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

ROOT = Path(__file__).parents[2]


async def test_a_crowd_applies_pays_and_is_answered(platform: Platform, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    words = [
        sys.executable,
        "-m",
        "mash_tools",
        "load",
        "forms",
        "--host",
        platform.url,
        "--city",
        "heidelberg",
    ]
    done = subprocess.run(  # noqa: ASYNC221 — the platform's processes go on meanwhile
        [*words, "--users", "4", "--time", "8", "--report", page],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert "failed: " not in done.stdout, done.stdout
    for kind in ("application", "payment"):
        (kept,) = re.findall(rf"^{kind}: (\d+) acknowledged, (\d+) stored$", done.stdout, re.MULTILINE)
        assert kept[0] == kept[1] != "0", done.stdout
    assert "LOST" not in done.stdout
    assert "DOUBLED" not in done.stdout
    assert "GET /apply/{form}" in page.read_text(encoding="utf-8")
