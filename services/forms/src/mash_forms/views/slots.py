# SPDX-License-Identifier: EUPL-1.2
"""Free slots as pages ask for them: a week at a time, named by any of its days."""

from mash_forms.model.days import day_of
from mash_forms.model.filling import Shown
from mash_forms.service import Booking, Offered, Opened
from mash_sdk.database import Unit


async def offered(
    bookings: Booking, opened: Opened, shown: Shown, unit: Unit, week: str = ""
) -> Offered | None:
    """Return the free slots for a step of a draft; None where none is asked for."""
    field = opened.filled.form.appointment
    if field is None or field not in shown.fields:
        return None
    answer = opened.draft.data.get(field.name)
    return await bookings.offer(opened.filled.form, opened.draft.id, unit, day_of(week), answer)
