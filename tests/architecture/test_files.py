# SPDX-License-Identifier: EUPL-1.2
"""What holds for every file: its licence line, its role, its length, and that no machine shines through."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_LINES = 400


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def ours() -> list[Path]:
    found = [path for path in tracked("*.py", "mash") if "proto/gen" not in path.as_posix()]
    assert len(found) > 100, "the walk does not see the tree"
    return found


def test_every_file_names_its_licence_and_role() -> None:
    for path in ours():
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#!")]
        assert lines[:1] == ["# SPDX-License-Identifier: EUPL-1.2"], path
        assert len(lines) == 1 or lines[1].startswith('"""'), f"{path} does not say what it is for"


def test_no_file_is_hard_to_hold_in_the_head() -> None:
    long = {
        path.relative_to(ROOT): n
        for path in ours()
        if (n := path.read_text("utf-8").count("\n")) > MOST_LINES
    }
    assert long == {}


def test_no_machine_and_no_registry_shines_through() -> None:
    # Put together here so that this file does not hold what it looks for.
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "registry.npmjs" + ".org", "repo1.maven" + ".org"]
    paths = [r"(?<![\w.])/ro" + r"ot/", r"(?<![\w.])/wo" + r"rk/"]
    bad = re.compile("|".join([re.escape(host) for host in hosts] + paths))
    found = []
    for path in tracked():
        if path.suffix in {".png", ".pdf", ".woff2"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if bad.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []
