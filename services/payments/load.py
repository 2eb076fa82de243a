# SPDX-License-Identifier: EUPL-1.2
"""Who uses this service and how, for `./mash load payments`: programs of people who owe a fee and pay it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mash_sdk.load import Person, task

PAYMENTS = "/api/payments/v1/payments"
ONE = "/api/payments/v1/payments/{payment}"
ATTEMPTS = "/api/payments/v1/payments/{payment}/attempts"


class Payer(Person):
    role = "citizen"

    @task(2)
    def pay_a_fee(self) -> None:
        application = self._apply()
        payment = self.until("handed in → can be paid", lambda: self._payment_for(application))
        attempt = self.api("POST", ATTEMPTS, payment=payment["id"]).json()
        form = self.fetch("GET provider: pay page", attempt["redirect_url"]).form()
        with self.intent("payment", payment["id"]):
            paid = self.fetch(
                "POST provider: pay", form.action, form={**form.fields, "decision": "pay"}, expect=303
            )
        self.fetch("GET /pay-return/{attempt}", paid.location, expect=303)
        self.until("paid → settled", lambda: self._settled(payment["id"]))

    @task(3)
    def look_at_payments(self) -> None:
        for payment in self.api("GET", PAYMENTS, query={"limit": "10"}).json()["items"][:1]:
            self.api("GET", ONE, payment=payment["id"])

    def stored(self) -> Mapping[str, Sequence[str]]:
        return {"payment": [one["id"] for one in self.every(PAYMENTS) if one["state"] == "SETTLED"]}

    def _payment_for(self, application: str) -> Any:
        newest = self.api("GET", PAYMENTS, query={"limit": "10"}).json()["items"]
        return next((one for one in newest if one["application_id"] == application), None)

    def _settled(self, payment: str) -> bool:
        found = self.api("GET", ONE, payment=payment).json()
        return bool(found["state"] == "SETTLED")

    def _apply(self) -> str:
        """A fee comes from an application."""
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
