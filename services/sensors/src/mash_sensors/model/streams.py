# SPDX-License-Identifier: EUPL-1.2
"""What a Datastream of SensorThings is to us: the kind of its results, its unit, how long they hold."""

from collections.abc import Mapping
from typing import Any, Final

from mash_sdk.problems import Fault, Invalid, NotImplementedYet
from mash_sensors.model.device import DEFAULT_VALID_FOR, Kind
from mash_sensors.model.drafts import Draft
from mash_sensors.model.units import UNITS

_KINDS: Final[Mapping[str, Kind]] = {
    "OM_Measurement": Kind.NUMBER,
    "OM_CountObservation": Kind.NUMBER,
    "OM_TruthObservation": Kind.TRUTH,
    "OM_CategoryObservation": Kind.TEXT,
    "OM_Observation": Kind.TEXT,
}
_LONGEST: Final = 10 * 366 * 86_400
_MEMBERS: Final = ("name", "symbol", "definition")


def stream_columns(draft: Draft) -> dict[str, Any]:
    """Columns that follow from a draft's properties. Raise Invalid, NotImplementedYet."""
    found: dict[str, Any] = {}
    values = draft.values
    if "observationType" in values:
        found["kind"] = _kind(draft, str(values["observationType"]))
    if "unitOfMeasurement" in values:
        unit = values["unitOfMeasurement"]
        strange = [name for name in unit if name not in _MEMBERS]
        if strange or not all(isinstance(value, str | None) for value in unit.values()):
            raise _invalid(
                f"{draft.place}/unitOfMeasurement", "ist keine Einheit", f"Angeben: {', '.join(_MEMBERS)}."
            )
        if found.get("kind", Kind.NUMBER.value) == Kind.NUMBER.value:
            found["unit"] = code_of(unit)
    if "properties" in values:
        found |= _validity(draft)
    return found


def _kind(draft: Draft, uri: str) -> str:
    name = uri.rpartition("/")[2]
    if name == "OM_ComplexObservation":
        raise NotImplementedYet(
            "Ergebnisse aus mehreren Werten gibt es noch nicht.",
            errors=[
                Fault(f"{draft.place}/observationType", "gibt es nicht", "Je Wert einen Datastream anlegen.")
            ],
        )
    if name not in _KINDS:
        raise _invalid(f"{draft.place}/observationType", "ist unbekannt", f"Es gibt …/{', …/'.join(_KINDS)}.")
    return _KINDS[name].value


def code_of(unit: Mapping[str, Any]) -> str | None:
    """The UCUM code that is meant, where we know it."""
    given = str(unit.get("definition") or "").removeprefix("ucum:")
    if given in UNITS:
        return given
    for known in UNITS.values():
        if unit.get("symbol") == known.symbol:
            return known.code
    return None


def _validity(draft: Draft) -> dict[str, Any]:
    """`properties.validFor` is ours: seconds for which a reading may be called live."""
    given = dict(draft.values.get("properties") or {})
    seconds = given.pop("validFor", int(DEFAULT_VALID_FOR.total_seconds()))
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= _LONGEST:
        raise _invalid(
            f"{draft.place}/properties/validFor",
            "ist keine Zahl von Sekunden",
            f"Von 1 bis {_LONGEST} angeben.",
        )
    return {"valid_seconds": seconds, "properties": given or None}


def _invalid(place: str, reason: str, remedy: str) -> Invalid:
    return Invalid("Bitte die genannten Angaben berichtigen.", errors=[Fault(place, reason, remedy)])
