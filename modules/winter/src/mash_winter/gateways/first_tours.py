# SPDX-License-Identifier: EUPL-1.2
"""Tours to begin a search with: an earlier plan in its order, then always the soonest next task.

They have salt wherever they need it, also where a search by small steps would not find the first refill.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mash_winter.model.routing.problem import Station, Vehicle
from mash_winter.model.routing.ways import NEVER

LATEST: Final = 1 << 40
"""Seconds: a task without a deadline."""


@dataclass(frozen=True, slots=True)
class Client:
    """A task in one of its directions, as row and column of the distances."""

    at: int
    task: int
    salt: int
    seconds: int
    deadline: int = LATEST


@dataclass(slots=True)
class Begun:
    """A tour so far, as rows of the distances."""

    vehicle: Vehicle
    here: int
    now: int
    load: int
    kind: int
    """Which of the types of vehicles alike it is."""
    calls: list[int] = field(default_factory=list)


class FirstTours:
    """`driven`: seconds between calls. Stations are its first rows, in the order given."""

    def __init__(
        self, driven: NDArray[np.int64], stations: Sequence[Station], clients: Sequence[Client]
    ) -> None:
        self._driven, self._stations, self._clients = driven, stations, clients
        self._of_row = {client.at: client for client in clients}
        self._left = [station.stock for station in stations]
        self._done: set[int] = set()

    def follow(self, tour: Begun, rows: Sequence[int]) -> None:
        """Take over an order: rows of clients and stations. Refills where it would run out of salt."""
        for row in rows:
            client = self._of_row.get(row)
            if client is None:
                self._refill(tour, row)
            elif client.task not in self._done:
                self._serve(tour, client)

    def complete(self, tours: Sequence[Begun]) -> bool:
        """Add all other tasks, the most urgent first. False if the salt does not suffice for one."""
        rows = np.array([client.at for client in self._clients])
        seconds = np.array([client.seconds for client in self._clients])
        deadlines = np.array([client.deadline for client in self._clients])
        open_ = np.array([client.task not in self._done for client in self._clients])
        whole = True
        while open_.any():
            urgent = open_ & (deadlines == deadlines[open_].min())
            soonest = [
                np.where(urgent, tour.now + self._driven[tour.here, rows] + seconds, LATEST) for tour in tours
            ]
            picked = [(int(one.min()), number, int(one.argmin())) for number, one in enumerate(soonest)]
            for _, number, at in sorted(picked):
                client = self._clients[at]
                if self._driven[tours[number].here, client.at] < NEVER and self._serve(tours[number], client):
                    break
            else:
                client = self._clients[int(np.flatnonzero(urgent)[0])]
                whole = False
            open_ &= np.array([one.task != client.task for one in self._clients])
        return whole

    def _serve(self, tour: Begun, client: Client) -> bool:
        if tour.load < client.salt:
            stations = [
                (self._driven[tour.here, row] + self._driven[row, client.at], row)
                for row, left in enumerate(self._left)
                if left is None or tour.load + left >= client.salt
            ]
            if not stations or min(stations)[0] >= NEVER:
                return False
            self._refill(tour, min(stations)[1])
        tour.now += int(self._driven[tour.here, client.at]) + client.seconds
        tour.load -= client.salt
        tour.here = client.at
        tour.calls.append(client.at)
        self._done.add(client.task)
        return True

    def _refill(self, tour: Begun, row: int) -> None:
        left = self._left[row]
        salt = tour.vehicle.capacity - tour.load
        if left is not None:
            salt = min(salt, left)
            self._left[row] = left - salt
        tour.now += int(self._driven[tour.here, row]) + self._stations[row].seconds
        tour.load += salt
        tour.here = row
        tour.calls.append(row)
