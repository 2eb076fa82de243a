# SPDX-License-Identifier: EUPL-1.2
"""Goals in module.toml: what can be asked for, and what is refused when it is read."""

from typing import Any

import pytest
from pydantic import ValidationError

from mash_sdk.manifest import Goals, Manifest

ABOUT = {"name": "bikes", "title": "Räder", "version": "1.2.3", "sdk": ">=0.1"}


def manifest(goals: dict[str, Any]) -> Manifest:
    return Manifest.model_validate({**ABOUT, "goals": goals})


def test_goals_are_read() -> None:
    goals = manifest(
        {
            "users": 20,
            "seconds": 60,
            "failures": 0.01,
            "steps": [
                {"step": "POST /apply/{form}", "p95_ms": 500, "per_second": 2},
                {"step": "WAIT paid → received", "failures": 0},
            ],
        }
    ).goals
    assert goals is not None
    assert (goals.users, goals.seconds, goals.failures) == (20, 60, 0.01)
    assert (goals.steps[0].p95_ms, goals.steps[0].p99_ms, goals.steps[1].failures) == (500, None, 0)


def test_there_need_be_none() -> None:
    assert Manifest.model_validate(ABOUT).goals is None
    assert manifest({}).goals == Goals(users=10, seconds=30, failures=0, steps=())


@pytest.mark.parametrize(
    ("goals", "says"),
    [
        ({"users": 0}, "greater than 0"),
        ({"failures": 1.5}, "less than or equal to 1"),
        ({"steps": [{"step": "POST /x"}]}, "needs p50_ms"),
        ({"steps": [{"step": "/x", "p95_ms": 1}]}, "pattern"),
        ({"steps": [{"step": "GET /x", "p95_ms": -1}]}, "greater than 0"),
        ({"steps": [{"step": "GET /x", "p90_ms": 1}]}, "not permitted"),
        ({"steps": [{"step": "GET /x", "p95_ms": 1}, {"step": "GET /x", "p99_ms": 1}]}, "the same step"),
    ],
)
def test_a_goal_nobody_could_judge_is_refused(goals: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        manifest(goals)
