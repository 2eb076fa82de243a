# SPDX-License-Identifier: EUPL-1.2
"""Puts a notice or a warning into words, by the templates in pages/ and the phrases of other languages.

About an application they say that something happened, never what.
"""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from mash_notify.gateways.lines import one_line
from mash_notify.gateways.phrases import PHRASES, TRANSLATED
from mash_notify.model import Letter
from mash_notify.service.notices import WriteNotice
from mash_notify.service.rounds import TellAlert
from mash_sdk.phrases import LANGUAGES
from mash_sdk.tenants import Tenants

_SUBJECT = "Betreff: "

Said = WriteNotice | TellAlert


class Letters:
    """Letters as plain text and as HTML that needs neither pictures nor colours.

    Those of TRANSLATED kinds are in the language of the application, all others in German.
    """

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants
        self._html = Environment(
            loader=PackageLoader("mash_notify", "pages"),
            undefined=StrictUndefined,
            trim_blocks=True,
            autoescape=True,
        )
        self._plain = self._html.overlay(autoescape=False)

    def write(self, tenant: str, notice: WriteNotice, name: str, language: str = "de") -> Letter:
        """Word one notice. The first line of a text template is the subject."""
        return self._letter(tenant, notice, {"name": one_line(name)}, language)

    def warn(self, tenant: str, alert: TellAlert, name: str, unsubscribe: str) -> Letter:
        """Word one warning. Whoever gets it ends what brings it at `unsubscribe`."""
        letter = self._letter(tenant, alert, {"name": one_line(name), "unsubscribe": unsubscribe})
        return replace(letter, unsubscribe=unsubscribe)

    def note(self, tenant: str, notice: Said, language: str = "de") -> tuple[str, str]:
        """Title and text of the entry in the mailbox."""
        return self._plain_of(f"{notice.kind}.note", self._facts(tenant, notice, language))

    def _letter(self, tenant: str, notice: Said, more: dict[str, str], language: str = "de") -> Letter:
        facts = self._facts(tenant, notice, language) | more
        subject, text = self._plain_of(notice.kind, facts)
        html = self._html.get_template(f"{notice.kind}.html").render(facts, subject=subject)
        return Letter(subject=subject, text=text, html=html)

    def _facts(self, tenant: str, notice: Said, language: str) -> dict[str, Any]:
        city = self._tenants[tenant]
        spoken = language if notice.kind in TRANSLATED and language in LANGUAGES else "de"
        facts: dict[str, Any] = {
            "city": city,
            "language": spoken,
            "say": PHRASES.say(spoken),
            "notice": _in_lines(notice),
            "link": self._tenants.url(tenant, notice.path),
        }
        if isinstance(notice, TellAlert):
            facts["observed"] = _moment(notice.observed_at, city.timezone)
        elif notice.until is not None:
            facts["until"] = _last_day(notice.until, city.timezone)
        return facts

    def _plain_of(self, template: str, facts: dict[str, Any]) -> tuple[str, str]:
        first, _, text = self._plain.get_template(f"{template}.txt").render(facts).partition("\n")
        return one_line(first.removeprefix(_SUBJECT)), text.lstrip("\n")


def _in_lines(notice: Said) -> Said:
    """No text in it can begin a line of ours."""
    told: dict[str, Any] = {one.name: getattr(notice, one.name) for one in fields(notice)}
    plain: Any = notice
    lines: Said = replace(plain, **{name: one_line(text) for name, text in told.items() if type(text) is str})
    return lines


def _last_day(end: datetime, timezone: str) -> str:
    """The day before a midnight."""
    return (end.astimezone(ZoneInfo(timezone)) - timedelta(seconds=1)).strftime("%d.%m.%Y")


def _moment(when: datetime, timezone: str) -> str:
    return when.astimezone(ZoneInfo(timezone)).strftime("%d.%m.%Y um %H:%M Uhr")
