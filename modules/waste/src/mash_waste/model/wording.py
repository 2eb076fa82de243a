# SPDX-License-Identifier: EUPL-1.2
"""A forecast in German words that say how sure it is."""

from datetime import datetime, timedelta
from typing import Final

from mash_waste.model.filling import Filling, Level

NOT_YET: Final = "Wann er voll ist, lässt sich noch nicht absehen"
SLOWLY: Final = "Er füllt sich kaum: voll frühestens in zwei Monaten"
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)


def said(filling: Filling, now: datetime) -> str:
    """One sentence without its full stop."""
    level = filling.at(now)
    if level is Level.FULL:
        return "Voll"
    if level is Level.UNKNOWN and filling.level is None:
        return "Zurzeit wird nichts gemessen"
    forecast = filling.forecast
    if forecast is None:
        words = NOT_YET
    elif forecast.earliest is None:
        words = SLOWLY
    else:
        words = _when(forecast.earliest - now, forecast.likely, forecast.latest, now)
    return f"{words} (nach der letzten Messung)" if level is Level.UNKNOWN else words


def _when(earliest: timedelta, likely: datetime | None, latest: datetime | None, now: datetime) -> str:
    if latest is not None and latest <= now:
        return "Wahrscheinlich schon voll"
    if likely is not None and likely <= now:
        return "Vermutlich schon voll"
    soonest = "jederzeit" if earliest <= HOUR else f"frühestens in {span(earliest)}"
    last = "spätestens ist nicht absehbar" if latest is None else f"spätestens in {span(latest - now)}"
    if likely is None:
        return f"Voll {soonest}; genauer lässt es sich nicht sagen"
    if latest is not None and span(earliest) == span(likely - now) == span(latest - now):
        return f"Voll in etwa {span(likely - now)}"
    return f"Voll in etwa {span(likely - now)} ({soonest}, {last})"


def span(length: timedelta) -> str:
    """`5 Stunden`, `3 Tagen`: no finer than can be known. In the dative, for after `in`."""
    if length < 2 * DAY:
        hours = max(1, round(length / HOUR))
        return "einer Stunde" if hours == 1 else f"{hours} Stunden"
    return f"{round(length / DAY)} Tagen"
