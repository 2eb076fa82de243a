# SPDX-License-Identifier: EUPL-1.2
"""Puts a notice into words, by the templates in pages/. They say that something happened, never what."""

from jinja2 import Environment, PackageLoader, StrictUndefined

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
            "name": name,
            "notice": notice,
            "link": self._tenants.url(tenant, notice.path),
        }
        first, _, text = self._plain.get_template(f"{notice.kind}.txt").render(facts).partition("\n")
        subject = " ".join(first.removeprefix(_SUBJECT).split())
        html = self._html.get_template(f"{notice.kind}.html").render(facts, subject=subject)
        return Letter(subject=subject, text=text.lstrip("\n"), html=html)
