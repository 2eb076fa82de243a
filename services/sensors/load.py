# SPDX-License-Identifier: EUPL-1.2
"""Who uses this service and how, for `./mash load sensors`: programs that read."""

from mash_sdk.load import Visitor, task

THINGS = "/api/sensors/sta/v1.1/Things"


class Dashboard(Visitor):
    @task()
    def find_out(self) -> None:
        self.api("GET", "/api/sensors/sta/v1.1")

    @task(3)
    def read(self) -> None:
        self.api("GET", THINGS, query={"$top": "20", "$count": "true"})
