# SPDX-License-Identifier: EUPL-1.2
"""Who uses this service and how, for `./mash load forms`: readers of the catalogue, applicants, clerks."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mash_sdk.load import Answer, Person, Visitor, task

FORM = "bewohnerparkausweis"
STEP = "/apply/{form}/{draft}/{step}"
ONE = "/api/forms/v1/applications/{application}"
CASE = "/desk/applications/{application}"
TAKE_UP = "/desk/applications/{application}/take-up"
DECISION = "/desk/applications/{application}/decision"


class Reader(Visitor):
    weight = 3

    @task(3)
    def browse(self) -> None:
        self.page("/services")
        self.page("/services/{form}", form=FORM)

    @task(2)
    def search(self) -> None:
        self.page("/services", query={"q": "Anwohnerparken"})

    @task()
    def ask_as_a_program(self) -> None:
        self.api("GET", "/api/forms/v1/forms")


class Applicant(Person):
    role = "citizen"
    weight = 5

    @task(2)
    def apply_and_pay(self) -> None:
        application = self._apply()
        self._pay(application)
        self.until("paid → received", lambda: self._state(application) != "SUBMITTED")

    @task(3)
    def look_at_the_account(self) -> None:
        own = self.page("/account").links("/account/applications/")
        if own:
            self.page("/account/applications/{application}", application=own[0].rpartition("/")[2])

    def stored(self) -> Mapping[str, Sequence[str]]:
        payments = self.every("/api/payments/v1/payments")
        return {
            "application": [one["id"] for one in self.every("/api/forms/v1/applications")],
            "payment": [one["application_id"] for one in payments if one["state"] == "SETTLED"],
        }

    def _apply(self) -> str:
        """Step by step; the draft's id becomes the application's."""
        answers = {
            "address": {
                "street": "Hauptstraße",
                "house_number": str(random.randint(1, 300)),
                "postal_code": "69117",
            },
            "vehicle": {
                "plate": f"HD-AB {random.randint(1, 9999)}",
                "keeper": "true",
                "valid_from": (datetime.now(UTC) + timedelta(days=30)).date().isoformat(),
            },
        }
        # The page may offer the answers of an earlier application first: a form of its own.
        form = self.page("/apply/{form}", form=FORM).form("/person")
        draft = form.action.split("/")[-2]
        while (step := form.action.rpartition("/")[2]) != "review":
            following = self.submit(STEP, form, answers.get(step)).location
            form = self.fetch(f"GET {STEP}", following).form(f"/{draft}/")
        with self.intent("application", draft):
            self.submit("/apply/{form}/{draft}/review", form)
        return draft

    def _pay(self, application: str) -> None:
        fee = self.until("handed in → can be paid", lambda: self._fee(application))
        at_the_provider = self.submit("/pay/{application}", fee.form(f"/pay/{application}")).location
        form = self.fetch("GET provider: pay page", at_the_provider).form()
        with self.intent("payment", application):
            paid = self.fetch(
                "POST provider: pay", form.action, form={**form.fields, "decision": "pay"}, expect=303
            )
        self.fetch("GET /pay-return/{attempt}", paid.location, expect=303)
        self.page("/pay/{application}", application=application)

    def _fee(self, application: str) -> Answer | None:
        """Not there until payments has heard of the application."""
        shown = self.page("/pay/{application}", application=application, expect=(200, 404))
        return shown if shown.status == 200 else None

    def _state(self, application: str) -> str:
        found = self.api("GET", ONE, application=application)
        return str(found.json()["state"])


class Clerk(Person):
    role = "clerk"

    @task(2)
    def look_at_the_desk(self) -> None:
        self.page("/desk")

    @task(3)
    def approve_one(self) -> None:
        waiting = self.page("/desk", query={"state": "RECEIVED"}).links("/desk/applications/")
        if not waiting:
            return
        application = random.choice(waiting).rpartition("/")[2]
        shown = self.page(CASE, application=application)
        if "/take-up" not in shown.text:
            return  # a colleague was faster
        self.submit(TAKE_UP, shown.form("/take-up"), expect=(303, 409))
        taken = self.page(CASE, application=application).form("/decision")
        sure = self.submit(DECISION, taken, {"outcome": "APPROVED"}, expect=200).form("/decision")
        with self.intent("decision", application):
            self.submit(DECISION, sure)
        self.until("decided → letter issued", lambda: self._case(application)["documents"])

    def stored(self) -> Mapping[str, Sequence[str]]:
        decided = [
            (one, step) for one in self.acknowledged("decision") for step in self._case(one)["history"]
        ]
        return {"decision": [one for one, step in decided if step["state"] == "COMPLETED"]}

    def _case(self, application: str) -> Any:
        return self.api("GET", ONE, application=application).json()
