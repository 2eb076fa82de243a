# SPDX-License-Identifier: EUPL-1.2
"""What a clerk takes back soon after: a case that was taken up by mistake is where it was before."""

from datetime import datetime, timedelta

from mash_forms.model.application import Application, State, Step
from mash_forms.model.workflow import Course

UNDO_WITHIN = timedelta(minutes=10)
"""How long after taking a case up putting it back undoes that, if nothing has happened meanwhile."""


def undo_take_up(application: Application, clerk: str, now: datetime, course: Course) -> bool:
    """Put a case back to where it was before this clerk took it up, due when it was due there.

    The history says that it was taken up, and that it was not to be. False if that was too long ago, or
    anything has moved it since.
    """
    claim, past = application.claim, application.history
    if claim is None or claim.by != clerk or now - claim.at > UNDO_WITHIN or len(past) < 2:  # noqa: PLR2004
        return False
    before, last = past[-2], past[-1]
    if (last.by, last.at) != (clerk, claim.at) or before.state is not State.RECEIVED:
        return False
    place = course.again(before.stage, before.at)
    if place is None:
        return False
    application.claim = None
    application.state, application.stage, application.due_on = place.shows, place.stage, place.due_on
    application.changed_at = now
    application.history.append(Step(place.shows, now, clerk, place.stage))
    return True
