# SPDX-License-Identifier: EUPL-1.2
"""Letters and prepared documents as PDF/UA-1 (ISO 14289-1) by typst, in the Program's process pool."""

import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files

import typst

from mash_forms.model.days import german
from mash_forms.service.ports import PreparedSheet, Sheet
from mash_sdk.blocking import in_process


class TypstPrinter:
    """The Printer of the use cases."""

    async def print(self, sheet: Sheet) -> bytes:
        return await in_process(render, _plain(sheet), int(sheet.rendered_at.timestamp()))

    async def prepare(self, sheet: PreparedSheet) -> bytes:
        plain = json.dumps({**asdict(sheet), "dated": german(sheet.dated)}, ensure_ascii=False, default=str)
        return await in_process(render, plain, int(sheet.rendered_at.timestamp()), "prepared.typ")


def render(sheet: str, timestamp: int, template: str = "letter.typ") -> bytes:
    """Return the PDF of a sheet given as JSON. The same sheet gives the same bytes."""
    pdf: bytes = typst.compile(
        _template(template),
        format="pdf",
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        sys_inputs={"sheet": sheet},
        timestamp=timestamp,
    )
    return pdf


@cache
def _template(name: str) -> bytes:
    return (files("mash_forms") / "gateways" / name).read_bytes()


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
            "code": sheet.code,
            "automatic": sheet.automatic,
            "ask_at": sheet.ask_at,
        },
        ensure_ascii=False,
    )
