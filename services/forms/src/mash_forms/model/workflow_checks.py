# SPDX-License-Identifier: EUPL-1.2
"""What is wrong with a workflow as written: place in the form's file and reason."""

from collections.abc import Iterator, Mapping
from typing import Any

from mash_forms.model.application import FOLLOWS, State
from mash_forms.model.workflow import ROLES, Does, sources_of

Found = tuple[tuple[str | int, ...], str]
_OFFICE = (State.RECEIVED, State.PROCESSING, State.ACTION_REQUIRED, State.COMPLETED)
_ONCE = (Does.TAKE_UP, Does.ASK, Does.ANSWER, Does.DECIDE)
"""Of these a stage has one at most: what a clerk or citizen does must not need a choice."""
LONGEST = 250
"""Working days of a deadline, at most: about a year."""


def workflow_faults(form: Mapping[str, Any]) -> Iterator[Found]:
    """Every fault of a form's workflow; none if it has no workflow of its own."""
    raw = form.get("workflow")
    if raw is None:
        return
    states, transitions = raw["states"], raw["transitions"]
    faults = [*_states(raw, states), *_transitions(states, transitions)]
    yield from faults
    if not faults:
        yield from _reachable(raw["start"], states, transitions)


def _states(raw: Mapping[str, Any], states: Mapping[str, Any]) -> Iterator[Found]:
    known = [state.value for state in _OFFICE]
    for name, one in states.items():
        if one["shows"] not in known:
            yield (
                ("workflow", "states", name, "shows"),
                f"{one['shows']} is not what the office shows; choose one of {', '.join(known)}",
            )
        days = (one.get("deadline") or {"days": 1})["days"]
        if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= LONGEST:
            yield ("workflow", "states", name, "deadline"), f"{days} is not 1 to {LONGEST} working days"
    if raw["start"] not in states:
        yield ("workflow", "start"), f"{raw['start']} is no state; choose one of {', '.join(states)}"
    elif states[raw["start"]]["shows"] != State.RECEIVED.value:
        yield ("workflow", "start"), f"{raw['start']} has to show RECEIVED: what arrives is received"


def _transitions(states: Mapping[str, Any], transitions: list[Any]) -> Iterator[Found]:
    ids: set[str] = set()
    taken: set[tuple[str, str]] = set()
    for at, one in enumerate(transitions):
        place = ("workflow", "transitions", at)
        if one["id"] in ids:
            yield (*place, "id"), f"{one['id']} is there twice; rename one"
        ids.add(one["id"])
        missing = [name for name in (*sources_of(one), one["to"]) if name not in states]
        yield from ((place, f"{name} is no state; choose one of {', '.join(states)}") for name in missing)
        kinds = [kind.value for kind in Does]
        if one.get("does", "move") not in kinds:
            yield (*place, "does"), f"{one['does']} is nothing to do; choose one of {', '.join(kinds)}"
            continue
        does = Does(one.get("does", "move"))
        for role in one.get("by") or ():
            if role not in ROLES:
                yield (*place, "by"), f"{role} is no role; choose one of {', '.join(ROLES)}"
        if does is Does.MOVE and not one.get("title"):
            yield place, f"{one['id']} has no title, which is what its button says; add it"
        for source in sources_of(one):
            if does in _ONCE and (source, does.value) in taken:
                yield place, f"{source} has two transitions that {does.value}; keep one"
            taken.add((source, does.value))
            if not missing:
                yield from _fits(place, does, source, one["to"], states)


def _fits(
    place: tuple[str | int, ...], does: Does, source: str, target: str, states: Mapping[str, Any]
) -> Iterator[Found]:
    """What a transition does and what the citizen is shown have to belong together."""
    try:
        before, after = State(states[source]["shows"]), State(states[target]["shows"])
    except ValueError:
        return  # told where the state is
    if before is State.COMPLETED:
        yield place, f"nothing leads out of {source}, which shows COMPLETED; take it out of `from`"
    elif after is not before and after not in FOLLOWS[before]:
        yield place, f"{target} shows {after}, which cannot follow {before} of {source}"
    if (does is Does.DECIDE) != (after is State.COMPLETED):
        yield place, f"`decide` and a state that shows COMPLETED belong together; {target} shows {after}"
    if (does is Does.ASK) != (after is State.ACTION_REQUIRED):
        yield place, f"`ask` and a state that shows ACTION_REQUIRED belong together; {target} shows {after}"
    if does is Does.ANSWER and before is not State.ACTION_REQUIRED:
        yield place, f"`answer` leads out of a state that shows ACTION_REQUIRED; {source} shows {before}"


def _reachable(start: str, states: Mapping[str, Any], transitions: list[Any]) -> Iterator[Found]:
    forth: dict[str, set[str]] = {name: set() for name in states}
    back: dict[str, set[str]] = {name: set() for name in states}
    for one in transitions:
        for source in sources_of(one):
            forth[source].add(one["to"])
            back[one["to"]].add(source)
    reached = _from({start}, forth)
    ends = {name for name, one in states.items() if one["shows"] == State.COMPLETED.value}
    leads_on = _from(ends, back)
    for name, one in states.items():
        place = ("workflow", "states", name)
        if name not in reached:
            yield place, f"no case ever reaches {name} from {start}; add a transition or remove it"
        elif name not in leads_on:
            yield place, f"{name} is a dead end: no transition leads from it to a decision"
        elif one["shows"] == State.ACTION_REQUIRED.value and not any(
            one.get("does") == Does.ANSWER.value and name in sources_of(one) for one in transitions
        ):
            yield place, f"{name} asks the citizen, but no transition with `does: answer` leads on"


def _from(begin: set[str], leads: Mapping[str, set[str]]) -> set[str]:
    seen, todo = set(begin), list(begin)
    while todo:
        new = leads[todo.pop()] - seen
        seen |= new
        todo += new
    return seen
