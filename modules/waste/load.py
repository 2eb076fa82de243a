# SPDX-License-Identifier: EUPL-1.2
"""Who uses this module and how, for `./mash load waste`."""

from mash_sdk.load import Person, Visitor, task


class Reader(Visitor):
    weight = 4

    @task(2)
    def look(self) -> None:
        self.page("/waste")

    @task()
    def ask_for_bins(self) -> None:
        self.api("GET", "/api/waste/v1/bins")


class Driver(Person):
    """Looks what there is to do. No bin is due in a city without devices, so there is no tour to drive."""

    role = "driver"

    @task(2)
    def look_at_the_tours(self) -> None:
        self.page("/waste/tours")

    @task()
    def ask_for_tours(self) -> None:
        self.api("GET", "/api/waste/v1/plans", query={"limit": "1"})

    @task()
    def ask_for_deliveries(self) -> None:
        self.api("GET", "/api/waste/v1/deliveries")
