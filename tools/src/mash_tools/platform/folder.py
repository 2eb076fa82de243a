# SPDX-License-Identifier: EUPL-1.2
"""The data folder: one platform at a time, its secrets made once, its ports kept over restarts."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mash_tools.keys import Jwk, new_key, public_half
from mash_tools.ports import free_port, is_free
from mash_tools.private import kept, new_password, write_private
from mash_tools.problems import LauncherError

REALMS = "realms"
"""The turn of who makes or changes realms: who looked before another's change would undo it."""
_TOO_LONG = 8 << 20


class DataFolder:
    """What a platform stores. Opened by one process; the kernel lets go of it when that process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Take the folder. Raises LauncherError if another platform has it or it cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "lock").open("a+")
        except OSError as err:
            raise LauncherError(
                f"The data folder {self.path} cannot be used ({err.strerror}); name another with --data."
            ) from err
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "?"
            lock.close()
            raise LauncherError(
                f"The data folder {self.path} is in use by another mash (process {holder}); "
                "stop that one or name another folder with --data."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def close(self) -> None:
        """Let go of the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Change what `name` stands for after whoever else does so now: other commands use the folder, too.

        Not to be taken twice by one thread.
        """
        with (self.path / f"{name}.turn").open("a") as waiting:
            fcntl.flock(waiting, fcntl.LOCK_EX)
            yield

    def secret(self, name: str) -> str:
        """A random secret of that name, the same at every start."""
        return kept(self.path / "secrets" / name, new_password)

    def key_file(self, service: str) -> Path:
        """PEM file of the service's ES256 key, made where missing."""
        file = self.path / "keys" / f"{service}.pem"
        kept(file, new_key)
        return file

    def public_key(self, service: str) -> Jwk:
        """The public half of the service's key."""
        return public_half(self.key_file(service).read_bytes())

    def write(self, name: str, content: object) -> Path:
        """Write a JSON file for one of the parts."""
        file = self.path / name
        write_private(file, json.dumps(content, indent=2))
        return file

    def note(self, name: str, text: str) -> None:
        """Remember a line about what lies in this folder."""
        write_private(self.path / name, text)

    def noted(self, name: str) -> str:
        """What was noted; empty before."""
        file = self.path / name
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def log(self, name: str) -> Path:
        """Where `name` logs. One that grew too long becomes the `.1` of a new one."""
        file = self.path / "logs" / f"{name}.log"
        file.parent.mkdir(exist_ok=True)
        if file.exists() and file.stat().st_size > _TOO_LONG:
            file.replace(file.with_suffix(".log.1"))
        return file

    def port(self, name: str) -> int:
        """The port `name` had at the last start if it is free, else another, which is noted."""
        file = self.path / "ports.json"
        with self.turn("ports"):
            try:
                ports: dict[str, int] = json.loads(file.read_text())
            except (FileNotFoundError, ValueError):
                ports = {}
            if name not in ports or not is_free(ports[name]):
                taken = set(ports.values())
                ports[name] = next(port for port in iter(free_port, None) if port not in taken)
                write_private(file, json.dumps(ports, indent=2))
            return ports[name]
