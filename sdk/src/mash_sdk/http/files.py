# SPDX-License-Identifier: EUPL-1.2
"""A file as an answer."""

from starlette.responses import Response


def file_answer(content: bytes, name: str, media_type: str, *, shown: bool = False) -> Response:
    """A file for this caller alone: to be saved, or `shown` by the browser. `name` is plain ASCII."""
    headers = {
        "content-disposition": f'{"inline" if shown else "attachment"}; filename="{name}"',
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=media_type, headers=headers)
