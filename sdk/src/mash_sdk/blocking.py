# SPDX-License-Identifier: EUPL-1.2
"""Work that would hold up the event loop (PDFs, solvers, hashing) runs in the Program's process pool."""

import asyncio
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from mash_sdk.problems import Unavailable
from mash_sdk.telemetry.current import current
from mash_sdk.telemetry.steps import step

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)
_QUEUE = 8
"""Calls per worker that may run or wait; more are held back in the caller."""


class Processes:
    """A pool of worker processes, started when first needed. A worker that dies is replaced."""

    def __init__(self, workers: int = 2) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._room = asyncio.Semaphore(workers * _QUEUE)

    async def run(self, func: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a module-level function in a worker; arguments and result are pickled.

        Raise what it raises, or Unavailable if the worker died. A cancelled caller does not stop the worker.
        """
        if kwargs:
            raise TypeError("pass positional arguments")
        async with self._room:
            pool = self._started()
            try:
                return await asyncio.get_running_loop().run_in_executor(pool, func, *args)
            except BrokenProcessPool as err:
                if self._pool is pool:
                    self._pool = None
                    pool.shutdown(wait=False, cancel_futures=True)
                _log.exception("a worker process died")
                raise Unavailable("Ein Arbeitsprozess ist abgebrochen.", retry_after=1) from err

    async def close(self) -> None:
        """Wait for running calls, drop waiting ones, end the workers."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # fork would copy gRPC's and the exporters' threads half-alive.
            self._pool = ProcessPoolExecutor(
                self._workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_follow_the_parent,
            )
        return self._pool


def _follow_the_parent() -> None:
    """Leave signals to it, and end when it ends, even by SIGKILL: nobody else would end the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            multiprocessing.connection.wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=watch, name="watch the parent", daemon=True).start()


async def in_process(func: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a module-level function in the running Program's process pool; see Processes.run."""
    telemetry = current()
    if telemetry is None:
        raise RuntimeError("no Program is running: in_process() has no pool")
    processes = telemetry.companion(Processes)
    with step(f"in process {func.__qualname__}"):
        return await processes.run(func, *args, **kwargs)
