# SPDX-License-Identifier: EUPL-1.2
"""Files from Maven Central, each pinned by its SHA-256, fetched once into a cache that launchers share.

jgo knows where an artifact lies; how it is fetched is ours, so that a broken download is resumed, not kept.
"""

import asyncio
import fcntl
import hashlib
import os
import ssl
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import httpx
from jgo.maven import Artifact, MavenContext, PythonResolver

from mash_tools.problems import LauncherError
from mash_tools.progress import Progress, silent

CHUNK = 1 << 18
SAY_EVERY = 10_000_000
AT_ONCE = 6


def cache_folder() -> Path:
    """Where downloads are kept: $MASH_CACHE, else ~/.cache/mash."""
    return Path(os.environ.get("MASH_CACHE") or Path.home() / ".cache" / "mash").absolute()


@dataclass(frozen=True)
class Pinned:
    """One artifact and what its file must hash to."""

    group: str
    name: str
    version: str
    packaging: str
    sha256: str

    @classmethod
    def listed(cls, file: str) -> "list[Pinned]":
        """Read a list that lies beside this module: `group:name:version:packaging sha256` a line."""
        lines = files(__package__).joinpath(file).read_text().splitlines()
        return [cls(*line.replace(":", " ").split()) for line in lines if not line.startswith("#")]


async def fetch(
    what: str, pinned: Sequence[Pinned], cache: Path | None = None, progress: Progress = silent
) -> list[Path]:
    """The files of `pinned`, in order, downloaded where missing. Raises LauncherError without a network."""
    repository = (cache or cache_folder()) / "maven"
    mirror = os.environ.get("MASH_MAVEN")
    context = MavenContext(
        repo_cache=repository,
        local_repos=[],
        remote_repos={"mirror": mirror} if mirror else None,
        resolver=_Resolver(what, pinned, progress),
    )
    artifacts = [
        context.project(pin.group, pin.name).at_version(pin.version).artifact(packaging=pin.packaging)
        for pin in pinned
    ]
    if not all(_path(artifact).exists() for artifact in artifacts):
        async with alone(repository.with_name("maven.lock"), progress):
            await asyncio.to_thread(_resolve, what, artifacts)
    return [_path(artifact) for artifact in artifacts]


def _path(artifact: Artifact) -> Path:
    path = artifact.cached_path
    assert path is not None  # noqa: S101 — the context has a repository
    return path


def _resolve(what: str, artifacts: Sequence[Artifact]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            list(pool.map(Artifact.resolve, artifacts))
        except httpx.HTTPError as error:
            pool.shutdown(cancel_futures=True)
            raise LauncherError(
                f"{what} could not be downloaded ({type(error).__name__}: {error}); check the network or "
                "name a mirror of Maven Central in MASH_MAVEN, then start again: what is here is kept."
            ) from error


@asynccontextmanager
async def alone(lock: Path, progress: Progress = silent) -> AsyncIterator[None]:
    """Hold `lock` against other processes, saying so when one has to wait. The kernel frees it at any end."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another mash that is preparing the same files")
            await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield


class _Resolver(PythonResolver):
    def __init__(self, what: str, pinned: Sequence[Pinned], progress: Progress) -> None:
        super().__init__()
        self._what = what
        self._sha256 = {(pin.group, pin.name): pin.sha256 for pin in pinned}
        self._progress = progress
        self._done = 0
        self._said = 0
        self._count = threading.Lock()

    def download(self, artifact: Artifact) -> Path:
        """Fetch one artifact to a temporary name, check it, give it its name."""
        path = _path(artifact)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        (remote,) = artifact.context.remote_repos.values()
        url = f"{remote}/{artifact.component.path_prefix.as_posix()}/{artifact.filename}"
        expected = self._sha256[artifact.groupId, artifact.artifactId]
        self._stream(url, part)
        with part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            part.unlink()
            raise LauncherError(f"{url} has the SHA-256 {found}, expected {expected}; it was thrown away.")
        part.rename(path)
        return path

    def _stream(self, url: str, part: Path) -> None:
        have = part.stat().st_size if part.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        # The machine's own authorities: behind a city hall's proxy a bundled list knows nobody.
        trust = ssl.create_default_context()
        with httpx.stream(
            "GET", url, headers=headers, follow_redirects=True, timeout=60, verify=trust
        ) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # whole already; the checksum decides
            answer.raise_for_status()
            resumed = answer.status_code == httpx.codes.PARTIAL_CONTENT
            with part.open("ab" if resumed else "wb") as out:
                for chunk in answer.iter_bytes(CHUNK):
                    out.write(chunk)
                    self._count_up(len(chunk))

    def _count_up(self, size: int) -> None:
        with self._count:
            self._done += size
            if self._done - self._said >= SAY_EVERY:
                self._said = self._done
                self._progress(f"downloading {self._what}: {self._done // 1_000_000} MB")
