# SPDX-License-Identifier: EUPL-1.2
"""Who uses this service and how, for `./mash load notify`: people who apply, pay and wait for the letter."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mash_sdk.load import Person, task

MESSAGES = "/api/notify/v1/messages"
PAYMENTS = "/api/payments/v1/payments"
ATTEMPTS = "/api/payments/v1/payments/{payment}/attempts"


class Addressee(Person):
    role = "citizen"

    @task(2)
    def wait_for_a_letter(self) -> None:
        application = self._apply()
        payment = self.until("handed in → can be paid", lambda: self._payment_for(application))
        attempt = self.api("POST", ATTEMPTS, payment=payment["id"]).json()
        form = self.fetch("GET provider: pay page", attempt["redirect_url"]).form()
        # From here on a letter is owed, and exactly one.
        with self.intent("letter", application):
            paid = self.fetch(
                "POST provider: pay", form.action, form={**form.fields, "decision": "pay"}, expect=303
            )
        self.fetch("GET /pay-return/{attempt}", paid.location, expect=303)
        self.until("paid → letter sent", lambda: self._letters("sent", about=application))

    @task(3)
    def look_at_messages(self) -> None:
        self.api("GET", MESSAGES, query={"limit": "20"})

    def stored(self) -> Mapping[str, Sequence[str]]:
        return {"letter": [one["about"] for one in self.every(MESSAGES) if one["state"] == "sent"]}

    def _letters(self, state: str, about: str) -> list[Any]:
        found = self.api("GET", MESSAGES, query={"about": about}).json()["items"]
        return [one for one in found if one["state"] == state]

    def _payment_for(self, application: str) -> Any:
        newest = self.api("GET", PAYMENTS, query={"limit": "10"}).json()["items"]
        return next((one for one in newest if one["application_id"] == application), None)

    def _apply(self) -> str:
        answers = {
            "given_name": "Last",
            "family_name": "Probe",
            "email": "probe@load.example",
            "street": "Hauptstraße",
            "house_number": "1",
            "postal_code": "69117",
            "plate": "HD-AB 123",
            "keeper": True,
            "valid_from": (datetime.now(UTC) + timedelta(days=30)).date().isoformat(),
        }
        body = {"form": "bewohnerparkausweis", "data": answers}
        return str(self.api("POST", "/api/forms/v1/applications", json=body).json()["id"])
