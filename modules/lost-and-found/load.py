# SPDX-License-Identifier: EUPL-1.2
"""Who uses this module and how, for `./mash load lost-and-found`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from mash_sdk.load import Answer, Person, Visitor, task

REPORTS = "/lost-and-found/reports"
REPORT = "/lost-and-found/reports/{report}"


class Reader(Visitor):
    @task()
    def look(self) -> None:
        self.page("/lost-and-found")


class Reporter(Person):
    role = "citizen"
    weight = 4

    @task(2)
    def lose_something_and_find_it(self) -> None:
        # A word of its own: it matches what has the same one, and nothing else.
        thing = f"Gravur{uuid4().hex}"
        self._report("found", thing)
        lost = self._report("lost", thing)
        self.until("reported → matched", lambda: self._matched(lost))

    @task(3)
    def look_at_ones_own(self) -> None:
        for report in self.page(REPORTS).links(f"{REPORTS}/0")[:1]:
            self.page(REPORT, report=report.rpartition("/")[2])

    def stored(self) -> Mapping[str, Sequence[str]]:
        return {"report": [one["id"] for one in self.every("/api/lost-and-found/v1/reports")]}

    def _report(self, kind: str, thing: str) -> str:
        form = self.page("/lost-and-found/reports/new", query={"kind": kind}).form(REPORTS)
        today = datetime.now(UTC).date().isoformat()
        told = {"category": "keys", "description": thing, "place": f"Weg{uuid4().hex}", "day": today}
        with self.intent("report", form["id"]):
            self.submit(REPORTS, form, told)
        return form["id"]

    def _matched(self, report: str) -> Answer | None:
        shown = self.page(REPORT, report=report)
        return shown if "von 100 Punkten" in shown.text else None
