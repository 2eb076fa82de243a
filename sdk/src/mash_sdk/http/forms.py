# SPDX-License-Identifier: EUPL-1.2
"""What a page's form sent, once it is proven that the page was ours."""

import hmac
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request

from mash_sdk.problems import Forbidden, UnsupportedMediaType

CSRF_HEADER = "mash-csrf"
CSRF_FIELD = "csrf"
_KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FIELDS = 500
_FILES = 20


async def _page_form(request: Request) -> AsyncIterator[FormData]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _KINDS:
        raise UnsupportedMediaType("Bitte das Formular der Seite benutzen.")
    form = await request.form(max_files=_FILES, max_fields=_FIELDS)
    expected = request.headers.get(CSRF_HEADER, "")
    sent = form.get(CSRF_FIELD)
    if not expected or not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), expected.encode()):
        await form.close()
        raise Forbidden("Das Formular ist abgelaufen. Bitte die Seite neu laden.", kind="csrf")
    try:
        yield form
    finally:
        await form.close()  # files that were sent lie on disk until then


PageForm = Annotated[FormData, Depends(_page_form)]
