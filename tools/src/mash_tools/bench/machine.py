# SPDX-License-Identifier: EUPL-1.2
"""What ran the benchmark: the machine, the versions, and what processes used of it."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import psutil

LIBRARIES = ("aiokafka", "asyncpg", "sqlalchemy", "grpcio", "uvloop")


@dataclass(frozen=True, slots=True)
class Machine:
    cores: int
    memory_gb: float
    processor: str
    system: str
    load: float
    """Average of running processes in the minute before: above 0, others were measured too."""

    @classmethod
    def here(cls) -> "Machine":
        """This one, now."""
        return cls(
            len(os.sched_getaffinity(0)),
            round(psutil.virtual_memory().total / 1e9, 1),
            _processor(),
            platform.platform(terse=True),
            round(os.getloadavg()[0], 2),
        )

    def __str__(self) -> str:
        return (
            f"{self.cores} cores of {self.processor}, {self.memory_gb:g} GB, {self.system}, "
            f"load before {self.load:g}"
        )


def versions(libraries: Sequence[str] = LIBRARIES, **parts: str) -> dict[str, str]:
    """Versions of the parts, of Python and of the libraries on the way."""
    return parts | {"Python": platform.python_version()} | {name: version(name) for name in libraries}


def families(pids: Iterable[int]) -> list[psutil.Process]:
    """The processes and all below them that still run."""
    found: dict[int, psutil.Process] = {}
    for pid in pids:
        try:
            process = psutil.Process(pid)
            found |= {one.pid: one for one in (process, *process.children(recursive=True))}
        except psutil.NoSuchProcess:
            continue
    return list(found.values())


def processor_seconds(pid: int) -> float:
    """What a process and those below it have used of the processor so far."""
    total = 0.0
    for process in families([pid]):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def resident_bytes(pids: Iterable[int]) -> int:
    """Memory of the processes and those below them; what several share is counted once (PSS)."""
    total = 0
    for process in families(pids):
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:  # noqa: PTH123 — a device of the kernel
            names = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()
