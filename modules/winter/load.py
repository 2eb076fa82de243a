# SPDX-License-Identifier: EUPL-1.2
"""Who uses this module and how, for `./mash load winter`."""

from mash_sdk.load import Visitor, task


class Reader(Visitor):
    @task(2)
    def look(self) -> None:
        self.page("/winter")

    @task()
    def ask_for_warnings(self) -> None:
        self.api("GET", "/api/winter/v1/warnings")
