# SPDX-License-Identifier: EUPL-1.2
"""Lists page by cursor: `?limit=&after=`, and `next` in the body."""

from typing import Annotated

from fastapi import Query

Limit = Annotated[int, Query(ge=1, le=200, description="entries at most")]
After = Annotated[str | None, Query(max_length=200, description="`next` of the page before")]
