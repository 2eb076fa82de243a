# SPDX-License-Identifier: EUPL-1.2
"""A forecast in German words that say how sure it is."""

from datetime import datetime
from typing import Final

from mash_sdk.levels import spoken
from mash_waste.model.filling import Filling, Level

NOT_YET: Final = "Wann er voll ist, lässt sich noch nicht absehen"
SLOWLY: Final = "Er füllt sich kaum: voll frühestens in zwei Monaten"


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
    else:
        words = SLOWLY if forecast.earliest is None else spoken(forecast, now, "voll")
    return f"{words} (nach der letzten Messung)" if level is Level.UNKNOWN else words
