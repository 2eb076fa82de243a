# SPDX-License-Identifier: EUPL-1.2
"""A Bewohnerparkausweis from first click to permit: applied for, paid at the simulator, decided, issued."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from mash_tools.journey.browser import Browser, NotThere, Page
from mash_tools.progress import Progress

FORM = "bewohnerparkausweis"
ANSWERS = {
    "person": {"given_name": "Anna", "family_name": "Beispiel", "email": "anna@heidelberg.example"},
    "address": {"street": "Hauptstraße", "house_number": "12 a", "postal_code": "69117"},
    "vehicle": {"plate": "HD-AB 123", "keeper": "true", "valid_from": "2027-01-01"},
}
"""By the form's steps, in their order."""
RECEIPT = "Eingangsbestätigung (PDF)"
PERMIT = "(PDF, "
"""What the link of a decision's letter says and that of the receipt does not: with the day it was issued."""
PATIENCE = 60.0
"""Seconds that events may take from one service to the next, on a machine that does much else."""


@dataclass(frozen=True)
class Login:
    """A person's name and password in the city's realm."""

    username: str
    password: str


@dataclass(frozen=True)
class Walk:
    """One walk through a portal. `city` is its address there: https://portal.example/heidelberg."""

    city: str
    citizen: Login
    clerk: Login
    say: Progress

    def whole(self) -> str:
        """The id of the application that was decided. Raises NotThere at the first thing that is amiss."""
        with Browser() as anna, Browser() as kurt:
            application = self.apply(anna)
            self.pay(anna, application)
            self.decide(kurt, application)
            self.receive(anna, application)
        return application

    def apply(self, anna: Browser) -> str:
        """Find the service, log in on the way to its form, hand it in."""
        found = anna.open(f"{self.city}/services/{FORM}")
        _says(found, "Bewohnerparkausweis")
        form = log_in(anna, f"{self.city}/apply/{FORM}", self.citizen)
        self.say("a citizen is logged in")
        for step, answers in ANSWERS.items():
            if not form.button("Weiter")[0].action.endswith(f"/{step}"):
                raise NotThere(form.saying(f"this is not the step “{step}”"))
            form = anna.press(form, "Weiter", **answers)
        handed_in = anna.press(form, "beantragen")
        match = re.search(r"/account/applications/([0-9a-f-]{36})$", handed_in.url)
        if match is None:
            raise NotThere(handed_in.saying("the application was not accepted"))
        self.say("the application is handed in")
        return match[1]

    def pay(self, anna: Browser, application: str) -> None:
        """Pay at the provider. It has to be the simulator: no test moves money."""
        due = _until(lambda: anna.open(f"{self.city}/pay/{application}"), "Weiter zum Bezahldienst")
        provider = anna.press(due, "Weiter zum Bezahldienst")
        if "Simulator" not in provider.words:
            raise NotThere(provider.saying("this payment provider is not the simulator, nothing is paid:"))
        back = anna.press(provider, "Bezahlen", method="CREDITCARD")
        if f"/pay/{application}" not in back.url:
            raise NotThere(back.saying("the provider does not lead back to the portal"))
        _until(lambda: anna.open(f"{self.city}/pay/{application}"), "Die Gebühr ist bezahlt")
        _says(anna.open(f"{self.city}/pay/{application}/receipt"), "Zahlungsbestätigung")
        self.say("the fee is paid, and there is a receipt")

    def decide(self, kurt: Browser, application: str) -> None:
        """Take it up at the desk and approve it."""
        case = f"{self.city}/desk/applications/{application}"
        log_in(kurt, case, self.clerk)
        received = _until(lambda: kurt.open(case), "In Bearbeitung nehmen")
        taken = kurt.press(received, "In Bearbeitung nehmen")
        asked = kurt.press(taken, "Genehmigen")
        _says(kurt.press(asked, "Endgültig genehmigen"), "Genehmigt")
        self.say("a clerk has approved it")

    def receive(self, anna: Browser, application: str) -> None:
        """The permit lies in the citizen's account as PDF, beside the receipt of handing in."""
        own = _until(lambda: anna.open(f"{self.city}/account/applications/{application}"), PERMIT)
        _says(own, "Ihr Antrag ist genehmigt")
        _pdf(anna, own.link(RECEIPT), "receipt")
        permit = _pdf(anna, own.link(PERMIT), "permit")
        self.say(f"the permit is issued, a PDF of {len(permit.body)} bytes")


def log_in(browser: Browser, address: str, login: Login) -> Page:
    """Open a page that needs a login, fill in Keycloak's form, and come back to the page."""
    asked = browser.open(address)
    form = next((form for form in asked.forms if {"username", "password"} <= form.fields.keys()), None)
    if form is None:
        raise NotThere(asked.saying("no form to log in"))
    (words,) = [button[2] for button in form.buttons]
    there = browser.press(asked, words, username=login.username, password=login.password)
    if not there.url.startswith(address):
        raise NotThere(there.saying("the login did not lead back"))
    return there


def _pdf(browser: Browser, address: str, what: str) -> Page:
    found = browser.open(address)
    if found.kind != "application/pdf" or not found.body.startswith(b"%PDF-"):
        raise NotThere(found.saying(f"the {what} is no PDF"))
    return found


def _says(page: Page, words: str) -> None:
    if words not in page.words:
        raise NotThere(page.saying(f"nothing of “{words}”"))


def _until(look: Callable[[], Page], words: str) -> Page:
    """Load a page until it says so: what one service announces reaches the next in its own time."""
    deadline = time.monotonic() + PATIENCE
    while words not in (page := look()).words:
        if time.monotonic() > deadline:
            raise NotThere(page.saying(f"after {PATIENCE:.0f} s nothing of “{words}”"))
        time.sleep(0.5)
    return page
