# SPDX-License-Identifier: EUPL-1.2
"""Letters as PDF/UA-1 (ISO 14289-1) by typst, in the Program's process pool."""

import json
from functools import cache
from importlib.resources import files

import typst

from mash_forms.model.days import german
from mash_forms.service.ports import Sheet
from mash_sdk.blocking import in_process


class TypstPrinter:
    """The Printer of the use cases."""

    async def print(self, sheet: Sheet) -> bytes:
        return await in_process(render, _plain(sheet), int(sheet.rendered_at.timestamp()))


def render(sheet: str, timestamp: int) -> bytes:
    """Return the PDF of a sheet given as JSON. The same sheet gives the same bytes."""
    pdf: bytes = typst.compile(
        _template(),
        format="pdf",
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        sys_inputs={"sheet": sheet},
        timestamp=timestamp,
    )
    return pdf


@cache
def _template() -> bytes:
    return (files("mash_forms") / "gateways" / "letter.typ").read_bytes()


def _plain(sheet: Sheet) -> str:
    return json.dumps(
        {
            "city": sheet.city,
            "office": sheet.office,
            "contact": sheet.contact,
            "title": sheet.title,
            "reference": sheet.reference,
            "dated": german(sheet.dated),
            "addressee": sheet.addressee,
            "text": sheet.text,
            "reason": sheet.reason,
            "rows": sheet.rows,
            "validity": [german(day) for day in sheet.validity] if sheet.validity else None,
            "demo": sheet.demo,
        },
        ensure_ascii=False,
    )
