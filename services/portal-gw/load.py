# SPDX-License-Identifier: EUPL-1.2
"""Who comes to the front door, for `./mash load portal-gw`: passers-by, and people who log in and out."""

import random
import re

from mash_sdk.load import Person, Visitor, task


class PasserBy(Visitor):
    weight = 4

    @task(3)
    def look_around(self) -> None:
        situations = self.page("/").links("/life/")
        self.page("/life/{situation}", situation=random.choice(situations).rpartition("/")[2])

    @task(2)
    def fetch_what_a_page_needs(self) -> None:
        styles = re.findall(r'<link rel="stylesheet" href="([^"]+)"', self.page("/").text)
        for style in styles:
            self.fetch("GET stylesheet", f"{self.place.origin}{style}")

    @task()
    def read_the_contract(self) -> None:
        self.fetch("GET /api/openapi.json", f"{self.place.origin}/api/openapi.json")


class Neighbour(Person):
    role = "citizen"

    @task(3)
    def stay(self) -> None:
        self.page("/")

    @task()
    def log_out_and_in_again(self) -> None:
        self.submit("/logout", self.page("/").form("/logout"))
        self.begin()
