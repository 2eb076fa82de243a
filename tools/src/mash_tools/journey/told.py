# SPDX-License-Identifier: EUPL-1.2
"""What a running platform's span store and mail sink tell of a journey, for the tests of journeys."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from mash_tools.platform.environment import Places

Edge = tuple[str, str]
"""Parent and child, each as `service: span`."""


@dataclass
class Told:
    """Spans by their ids."""

    spans: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def edges(self) -> Sequence[Edge]:
        """All parents and children that are both here."""
        return [
            (self.spans[there["spanID"]]["name"], span["name"])
            for span in self.spans.values()
            for there in span["references"]
            if there["refType"] == "CHILD_OF" and there["spanID"] in self.spans
        ]

    @property
    def traces(self) -> set[str]:
        return {span["traceID"] for span in self.spans.values()}

    def named(self, name: str) -> list[dict[str, Any]]:
        """The spans of a name, `service: span`."""
        return [span for span in self.spans.values() if span["name"] == name]


def linked(span: Mapping[str, Any]) -> Sequence[str]:
    """The traces a span links to."""
    return [there["traceID"] for there in span["references"] if there["refType"] == "FOLLOWS_FROM"]


def tags(span: Mapping[str, Any]) -> dict[str, Any]:
    return {tag["key"]: tag["value"] for tag in span["tags"]}


async def traces(places: Places, tagged: Mapping[str, str], services: Sequence[str] = ()) -> Told:
    """The newest traces, each whole, with a span that is tagged so, of these services or of all."""
    wanted = json.dumps(tagged)
    found = Told()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{places.traces_port}") as store:
        for service in services or (await store.get("/api/services")).json()["data"]:
            params = {"service": service, "tags": wanted, "limit": "100"}
            for trace in (await store.get("/api/traces", params=params)).json()["data"]:
                names = {key: process["serviceName"] for key, process in trace["processes"].items()}
                for span in trace["spans"]:
                    name = f"{names[span['processID']]}: {span['operationName']}"
                    found.spans[span["spanID"]] = span | {"name": name}
    return found


async def letters(places: Places, subject: str, about: str) -> Sequence[dict[str, Any]]:
    """E-mails with `subject` in theirs and `about` in their text, the newest first."""
    found = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{places.mail_http_port}") as sink:
        for letter in (await sink.get("/messages")).json():
            if subject in letter["subject"]:
                whole: dict[str, Any] = (await sink.get(f"/messages/{letter['id']}")).json()
                if about in whole["text"]:
                    found.append(whole)
    return found
