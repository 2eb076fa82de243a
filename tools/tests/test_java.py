# SPDX-License-Identifier: EUPL-1.2
"""The archives of classes that Java programs leave for their next start."""

import os
from pathlib import Path

from mash_tools.parts.java import KEPT, LearnedClasses


def learnt(options: list[str]) -> Path:
    """What the program was told to write at its end, written."""
    path = Path(next(one for one in options if "ArchiveClassesAtExit" in one).partition("=")[2])
    path.write_bytes(b"classes")
    return path


def test_of_a_program_only_the_archives_used_last_stay(tmp_path: Path) -> None:
    folder = tmp_path / "java"
    folder.mkdir()
    others = [folder / f"kafka-4.1-{number:012d}.jsa" for number in range(KEPT + 2)]
    for age, one in enumerate(others):
        one.write_bytes(b"")
        os.utime(one, (1_000_000 - age, 1_000_000 - age))
    foreign = folder / "kafka-4.10-000000000000.jsa"
    foreign.write_bytes(b"")
    classes = LearnedClasses("kafka-4.1", tmp_path)

    learnt(classes.options())
    classes.keep()

    assert "-XX:SharedArchiveFile" in classes.options()[0]
    assert [one.exists() for one in others] == [True] * (KEPT - 1) + [False] * 3
    assert foreign.exists()


def test_an_archive_that_is_used_is_not_the_oldest_any_more(tmp_path: Path) -> None:
    (tmp_path / "java").mkdir()
    first = LearnedClasses("kafka-4.1", tmp_path)
    learnt(first.options())
    first.keep()
    (archive,) = (tmp_path / "java").glob("kafka-*.jsa")
    os.utime(archive, (0, 0))

    first.options()

    assert archive.stat().st_mtime > 0
