# SPDX-License-Identifier: EUPL-1.2
"""An answer as load users read it: its status, where it leads to, its JSON, and the forms of its page."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin


class Unexpected(Exception):
    """What came is not what should come. It ends the task, and counts as the task's failure."""


class Failed(Unexpected):
    """A step failed; it is counted with the step already."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a page with what its fields hold before anybody types."""

    action: str
    """Absolute."""
    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        try:
            return self.fields[name]
        except KeyError:
            raise Unexpected(f"the form has no field {name}, only {', '.join(self.fields)}") from None


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` have lower-case names; `status` 0: no answer came, and `text` says why."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def location(self) -> str:
        """Where a redirect leads, absolute. Raises Unexpected for an answer that is none."""
        try:
            return urljoin(self.url, self.headers["location"])
        except KeyError:
            raise Unexpected(f"{self.status} leads nowhere") from None

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            raise Unexpected("the answer is no JSON") from None

    def form(self, having: str = "") -> Form:
        """The first form of the page whose action or one of whose fields' names contains `having`.

        Raises Unexpected if there is none.
        """
        reader = _Forms(self.url)
        reader.feed(self.text)
        for form in reader.found:
            if having in form.action or any(having in name for name in form.fields):
                return form
        raise Unexpected(f"the page has no form {having!r}")

    def links(self, having: str) -> list[str]:
        """Absolute addresses of the page's links that contain `having`, in order, each once."""
        reader = _Forms(self.url)
        reader.feed(self.text)
        return [link for link in dict.fromkeys(reader.links) if having in link]

    @property
    def reason(self) -> str:
        """What a problem document says, or the status alone."""
        if self.status == 0:
            return f"no answer: {self.text}"
        if self.headers.get("content-type", "").startswith("application/problem+json"):
            with suppress(Unexpected, AttributeError):
                kind = str(self.json().get("type", "")).rpartition("/")[2]
                return f"{self.status} {kind}"
        return str(self.status)


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.links: list[str] = []
        self._url = url
        self._fields: dict[str, str] | None = None
        self._text: list[str] = []
        self._named = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "a" and "href" in given:
            self.links.append(urljoin(self._url, given["href"]))
        elif tag == "form":
            self._fields = {}
            self.found.append(Form(urljoin(self._url, given.get("action", "")), self._fields))
        elif self._fields is None:
            return
        elif tag == "input" and name:
            if given.get("type") not in ("radio", "checkbox") or "checked" in given:
                self._fields[name] = given.get("value", "")
        elif tag == "textarea" and name:
            self._named, self._text = name, []
        elif tag == "select" and name:
            self._named = name
        elif tag == "option" and (self._named not in self._fields or "selected" in given):
            self._fields[self._named] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None
        elif tag == "textarea" and self._fields is not None:
            # HTML drops the line break that follows the opening tag.
            self._fields[self._named] = "".join(self._text).removeprefix("\n")
