# SPDX-License-Identifier: EUPL-1.2
"""Whether an install works, seen from outside: as a visitor, and where it is allowed as citizen and clerk."""

from pathlib import Path

from mash_tools.journey.browser import Browser, NotThere
from mash_tools.journey.permit import Login, Walk
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress

_OK = 200


def portal(url: str, city: str, say: Progress) -> None:
    """Everything is ready, a city's pages answer, its login leads to Keycloak. Raises LauncherError."""
    try:
        with Browser() as visitor:
            for address in (f"{url}/readyz", f"{url}/{city}/", f"{url}/{city}/services"):
                page = visitor.open(address)
                if page.status != _OK:
                    raise NotThere(page.saying("not what was expected"))
                say(f"{address} answers")
            asked = visitor.open(f"{url}/{city}/login")
            if not any({"username", "password"} <= form.fields.keys() for form in asked.forms):
                raise NotThere(asked.saying("no form to log in"))
            say("login leads to Keycloak")
    except NotThere as err:
        raise LauncherError(f"The portal does not work: {err}") from err


def journey(url: str, city: str, logins: Path, say: Progress) -> str:
    """Walk a permit; its application's id. Raises LauncherError where it goes no further."""
    try:
        return Walk(f"{url}/{city}", _login(logins, "citizen"), _login(logins, "clerk"), say).whole()
    except NotThere as err:
        raise LauncherError(f"The journey ends here: {err}") from err


def _login(folder: Path, who: str) -> Login:
    try:
        username, password = (
            (folder / f"{who}-{what}").read_text(encoding="utf-8").strip()
            for what in ("username", "password")
        )
    except OSError as err:
        raise LauncherError(f"{folder} does not say who the {who} is ({err}).") from err
    return Login(username, password)
