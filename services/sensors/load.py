# SPDX-License-Identifier: EUPL-1.2
"""Who uses this service and how, for `./mash load sensors`: devices that report, and programs that read."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from mash_sdk.load import Person, Visitor, task

OBSERVATIONS = "/api/sensors/sta/v1.1/Datastreams('{datastream}')/Observations"
NEWEST = {"$orderby": "phenomenonTime desc", "$top": "1"}


class Dashboard(Visitor):
    @task()
    def find_out(self) -> None:
        self.api("GET", "/api/sensors/sta/v1.1")

    @task(3)
    def look_at_a_device(self) -> None:
        found = self.api("GET", "/api/sensors/sta/v1.1/Datastreams", query={"$top": "20"}).json()["value"]
        for datastream in found[:1]:
            self.api("GET", OBSERVATIONS, query=NEWEST, datastream=datastream["@iot.id"])


class Device(Person):
    """An editor registers it; from then on it has a key of its own, and counts messages as LoRaWAN does."""

    role = "editor"
    weight = 4
    pause = (0.1, 0.5)

    def begin(self) -> None:
        super().begin()
        self.name = f"load-{uuid4().hex[:12]}"
        self.sent = 0
        made = self.api("POST", "/api/sensors/v1/devices", json=_described(self.name)).json()
        self.datastream = made["datastreams"][0]["datastream_id"]
        self.key = {"authorization": f"Bearer {made['key']}"}

    @task(10)
    def report(self) -> None:
        self._uplink()

    @task()
    def report_twice(self) -> None:
        """Networks repeat what they do not know to have arrived."""
        self._uplink(times=2)

    @task(2)
    def report_and_be_read(self) -> None:
        number = self._uplink()
        self.until("accepted → readable", lambda: self._newest() >= number)

    def stored(self) -> Mapping[str, Sequence[str]]:
        found: list[str] = []
        query = {"$top": "1000"}
        while True:
            piece = self.api("GET", OBSERVATIONS, query=query, datastream=self.datastream).json()
            found += [f"{self.name}/{one['result']:.0f}" for one in piece["value"]]
            if "@iot.nextLink" not in piece:
                return {"observation": found}
            query = dict(parse_qsl(urlsplit(piece["@iot.nextLink"]).query))

    def _uplink(self, times: int = 1) -> int:
        self.sent += 1
        now = datetime.now(UTC).isoformat()
        body = {
            "end_device_ids": {"device_id": self.name},
            "received_at": now,
            "uplink_message": {
                "session_key_id": self.name,
                "f_cnt": self.sent,
                "decoded_payload": {"messages": self.sent},
                "received_at": now,
            },
        }
        with self.intent("observation", f"{self.name}/{self.sent}"):
            for _ in range(times):
                self.api("POST", "/api/sensors/v1/uplinks/ttn", json=body, headers=self.key, expect=202)
        return self.sent

    def _newest(self) -> float:
        value = self.api("GET", OBSERVATIONS, query=NEWEST, datastream=self.datastream).json()["value"]
        return float(value[0]["result"]) if value else 0


def _described(name: str) -> object:
    counted = {
        "name": "Zahl der Nachrichten",
        "definition": "https://load.example/messages",
    }
    return {
        "device_id": name,
        "thing": {"name": f"Lasttest {name}"},
        "sensor": {"name": "Lasttest"},
        "datastreams": [
            {"field": "messages", "name": "Nachrichten", "unit": "1", "observed_property": counted}
        ],
    }
