# SPDX-License-Identifier: EUPL-1.2
"""Puts a notice into words, by the templates in pages/. They say that something happened, never what."""

from dataclasses import replace

from jinja2 import Environment, PackageLoader, StrictUndefined

from mash_notify.gateways.lines import one_line
from mash_notify.model import Letter
from mash_notify.service.notices import WriteNotice
from mash_sdk.tenants import Tenants

_SUBJECT = "Betreff: "


class Letters:
    """German letters, as plain text and as HTML that needs neither pictures nor colours."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants
        self._html = Environment(
            loader=PackageLoader("mash_notify", "pages"),
            undefined=StrictUndefined,
            trim_blocks=True,
            autoescape=True,
        )
        self._plain = self._html.overlay(autoescape=False)

    def write(self, tenant: str, notice: WriteNotice, name: str) -> Letter:
        """Word one notice. The first line of a text template is the subject."""
        facts = {
            "city": self._tenants[tenant],
            "name": one_line(name),
            "notice": replace(
                notice,
                service_title=one_line(notice.service_title),
                reference=one_line(notice.reference),
                office=one_line(notice.office),
            ),
            "link": self._tenants.url(tenant, notice.path),
        }
        first, _, text = self._plain.get_template(f"{notice.kind}.txt").render(facts).partition("\n")
        subject = one_line(first.removeprefix(_SUBJECT))
        html = self._html.get_template(f"{notice.kind}.html").render(facts, subject=subject)
        return Letter(subject=subject, text=text.lstrip("\n"), html=html)
