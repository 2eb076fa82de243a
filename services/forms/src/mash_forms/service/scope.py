# SPDX-License-Identifier: EUPL-1.2
"""What somebody may see and do: their own, or what a clerk's roles name of cases and transitions."""

from mash_forms.model.application import Application
from mash_forms.model.workflow import Transition
from mash_sdk.identity import Principal
from mash_sdk.problems import Conflict, Forbidden, NotFound

OFFICE = "office:"
"""A role `office:baurecht` binds a clerk to the office `baurecht` of offices.toml."""

NONE = "Diesen Antrag gibt es nicht."


class NotTheirs(NotFound):
    """It is somebody else's, or not there: the answer is the same, the trail has a line of who asked.

    `wanted` is the id that was asked for, of an application, a draft, a document or a file.
    """

    def __init__(self, detail: str, wanted: str, who: Principal) -> None:
        super().__init__(detail)
        self.wanted = wanted
        self.who = who


def offices_of(who: Principal) -> frozenset[str] | None:
    """Return the offices a clerk works for. None: no role names one, so it is all of the city."""
    named = frozenset(role.removeprefix(OFFICE) for role in who.roles if role.startswith(OFFICE))
    return named or None


def require_in_scope(application: Application | None, who: Principal) -> Application:
    """Return it if this clerk's offices are responsible for it. Raises NotTheirs, as if it were not there."""
    offices = offices_of(who)
    if application is None:
        raise NotFound(NONE)
    if offices is not None and application.office not in offices:
        raise NotTheirs(NONE, application.id, who)
    return application


def require_own(application: Application | None, who: Principal) -> Application:
    """Return it if this person handed it in. Raises NotTheirs, as if it were not there."""
    if application is None:
        raise NotFound(NONE)
    if application.applicant.subject != who.subject:
        raise NotTheirs(NONE, application.id, who)
    return application


def require_may(way: Transition | None, who: Principal) -> None:
    """Raise Forbidden if the workflow leaves a transition to others. One that is not there stops nobody."""
    if way is not None and not way.allows(who.roles):
        raise Forbidden(
            "Diesen Schritt darf in diesem Vorgang nur jemand mit einer anderen Rolle gehen.",
            kind="missing-role",
        )


def claimed() -> Conflict:
    """Refuse what a colleague has in work. The text ends in logs, so it names nobody."""
    return Conflict(
        "Jemand anderes hat diesen Vorgang in Bearbeitung. Übernehmen Sie ihn zuerst.", kind="claimed"
    )
