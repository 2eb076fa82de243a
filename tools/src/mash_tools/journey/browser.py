# SPDX-License-Identifier: EUPL-1.2
"""A browser without scripts: opens pages, follows redirects, keeps cookies, fills in and sends forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

_SECONDS = 60.0  # the first PDF after a start waits for its maker, and a machine may do much else
_EXCERPT = 300


class NotThere(Exception):
    """A page has not what was looked for; the text says which page, what, and what it says instead."""


@dataclass
class Form:
    """A form as it was delivered: what is filled in already is kept."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, value and words of each."""


@dataclass
class Page:
    """What came back, and what can be done on it."""

    url: str
    status: int
    kind: str
    body: bytes
    words: str = ""
    forms: list[Form] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    """Words → address."""

    def link(self, words: str) -> str:
        """The address of the first link whose words contain these. Raises NotThere."""
        for text, address in self.links.items():
            if words in text:
                return address
        raise NotThere(self.saying(f"no link “{words}”"))

    def button(self, words: str) -> tuple[Form, tuple[str, str, str]]:
        """The form with a button of these words, and the button. Raises NotThere."""
        for form in self.forms:
            for button in form.buttons:
                if words in button[2]:
                    return form, button
        raise NotThere(self.saying(f"no button “{words}”"))

    def saying(self, what: str) -> str:
        """`what`, with the page's address and the beginning of what it says."""
        bare = urlsplit(self.url)._replace(query="").geturl()
        return f"{what} at {bare} ({self.status}), which says: {self.words[:_EXCERPT]}"


class Browser:
    """One person's browser."""

    def __init__(self, *, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(
            follow_redirects=True,
            timeout=_SECONDS,
            trust_env=False,
            transport=transport,
            event_hooks={"response": [self._keep_cookies]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def open(self, address: str) -> Page:
        """What an address leads to, all redirects followed. Raises NotThere where nobody answers."""
        return self._sent("GET", address, None, "")

    def press(self, page: Page, words: str, **filled_in: str) -> Page:
        """Fill in the form that has a button of these words, and press it. Raises NotThere."""
        form, (name, value, _) = page.button(words)
        content = form.fields | filled_in | ({name: value} if name else {})
        return self._sent(form.method, urljoin(page.url, form.action), content, page.url)

    def _keep_cookies(self, answer: httpx.Response) -> None:
        """Keycloak marks its cookies Secure also on http://localhost, which browsers take for safe."""
        if answer.url.scheme == "http":
            for cookie in self._http.cookies.jar:
                cookie.secure = False

    def _sent(self, method: str, address: str, content: dict[str, str] | None, shown: str) -> Page:
        headers = {"accept": "text/html,application/pdf;q=0.9,*/*;q=0.5", "accept-language": "de"}
        if method == "POST":
            where = urlsplit(shown)
            headers["origin"] = f"{where.scheme}://{where.netloc}"
        try:
            answer = self._http.request(method, address, data=content, headers=headers)
        except httpx.HTTPError as err:
            bare = urlsplit(address)._replace(query="").geturl()
            raise NotThere(f"nobody answers at {bare} ({type(err).__name__})") from err
        kind = answer.headers.get("content-type", "").partition(";")[0]
        page = Page(str(answer.url), answer.status_code, kind, answer.content)
        if kind == "text/html":
            _Reader(page).feed(answer.text)
        return page


class _Reader(HTMLParser):
    """Finds words, links and forms. Labels, hints and styles are of no concern here."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._form: Form | None = None
        self._pressed: tuple[str, str] | None = None
        self._address: str | None = None
        self._area: str | None = None
        self._said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag in {"script", "style", "title"}:
            self._silent += 1
        elif tag == "form":
            self._form = Form(has.get("action", ""), has.get("method", "get").upper())
            self._page.forms.append(self._form)
        elif tag == "a" and "href" in has:
            self._address, self._said = has["href"], []
        elif self._form is not None:
            self._control(self._form, tag, has)

    def _control(self, form: Form, tag: str, has: dict[str, str]) -> None:
        name, kind = has.get("name", ""), has.get("type", "")
        if tag == "button" and kind != "button":
            self._pressed, self._said = (name, has.get("value", "")), []
        elif tag == "input" and kind == "submit":
            form.buttons.append((name, has.get("value", ""), has.get("value", "")))
        elif tag == "input" and kind in {"radio", "checkbox"}:
            if name and "checked" in has:
                form.fields[name] = has.get("value", "on")
        elif tag == "input" and name:
            form.fields[name] = has.get("value", "")
        elif tag == "textarea" and name:
            self._area, form.fields[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        said = " ".join("".join(self._said).split())
        if tag in {"script", "style", "title"}:
            self._silent -= 1
        elif tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = None
        elif tag == "a" and self._address is not None:
            self._page.links.setdefault(said, urljoin(self._page.url, self._address))
            self._address = None
        elif tag == "button" and self._form is not None and self._pressed is not None:
            self._form.buttons.append((*self._pressed, said))
            self._pressed = None

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._form is not None:
            self._form.fields[self._area] += data
        elif not self._silent:
            self._said.append(data)
            self._page.words = " ".join(f"{self._page.words} {data}".split())
