# SPDX-License-Identifier: EUPL-1.2
"""Logging in by the browser's way: the portal sends to the identity provider, and back with a code (PKCE)."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mash_sdk.load.users import Person

LOGIN, FORM, PASSWORD, CALLBACK = (
    "GET /login",
    "GET identity: login page",
    "POST identity: password",
    "GET /callback",
)
STEPS: Final = (LOGIN, FORM, PASSWORD, CALLBACK)
"""The steps that every Person brings along."""
SENT_ON = (302, 303)


def log_in(person: "Person") -> None:
    """Afterwards the person's requests carry the portal's session cookie. Raises Unexpected."""
    sent_on = person.fetch(LOGIN, f"{person.place.url}/login", expect=SENT_ON)
    page = accepted = person.fetch(FORM, sent_on.location, expect=(200, *SENT_ON))
    if page.status not in SENT_ON:  # else the identity provider knows this browser still
        form = page.form(having="password")
        typed = {**form.fields, "username": person.login.username, "password": person.login.password}
        # Keycloak, guarding against guesses, refuses a login while another of the same person is under way.
        with person.login.turn:
            accepted = person.fetch(PASSWORD, form.action, form=typed, expect=SENT_ON)
    person.fetch(CALLBACK, accepted.location, expect=SENT_ON)
