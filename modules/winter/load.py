# SPDX-License-Identifier: EUPL-1.2
"""Who uses this module and how, for `./mash load winter`."""

from mash_sdk.load import Visitor, task


class Reader(Visitor):
    @task()
    def look(self) -> None:
        self.page("/winter")
