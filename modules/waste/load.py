# SPDX-License-Identifier: EUPL-1.2
"""Who uses this module and how, for `./mash load waste`."""

from mash_sdk.load import Visitor, task


class Reader(Visitor):
    @task(2)
    def look(self) -> None:
        self.page("/waste")

    @task()
    def ask_for_bins(self) -> None:
        self.api("GET", "/api/waste/v1/bins")
