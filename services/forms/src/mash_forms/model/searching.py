# SPDX-License-Identifier: EUPL-1.2
"""What of an application clerks find it by."""

from collections.abc import Iterator
from typing import Any

from mash_forms.model.application import Application

MOST_FOUND = 1000
"""Cases that one search finds, at most: the newest."""
LENGTH = 100_000
"""Characters that are looked through, at most. PostgreSQL holds no more than 1 MB of words."""


def words_of(application: Application) -> str:
    """Return reference, applicant and answers as one text."""
    told = (application.reference, application.applicant.name, *_said(application.data))
    return " ".join(told)[:LENGTH]


def _said(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for inside in node.values():
            yield from _said(inside)
    elif isinstance(node, list):
        for inside in node:
            yield from _said(inside)
    elif isinstance(node, str):
        yield node
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield str(node)
