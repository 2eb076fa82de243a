# SPDX-License-Identifier: EUPL-1.2
"""The portal's frame around a page: what stands before and after a module's <main>."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mash_portal_gw.edge.assets import Asset, Assets
from mash_portal_gw.model.city import City
from mash_sdk.problems import Problem
from mash_sdk.telemetry import trace_id

_MARKER: Final = "\x00main\x00"
_VISITOR: Final = "visitor"
"""Stands among the roles for someone who has not logged in."""
_CITY_NAV: Final = (
    ("/", "Start", None),
    ("/services", "Dienstleistungen", None),
    ("/account", "Mein Konto", frozenset({"citizen", _VISITOR})),
    ("/desk", "Schreibtisch", frozenset({"clerk"})),
    ("/desk/payments", "Kasse", frozenset({"treasurer"})),
    ("/audit", "Protokoll", frozenset({"auditor"})),
)
_OPS_NAV: Final = (
    ("/", "Übersicht", None),
    ("/modules", "Module", None),
    ("/traces", "Spuren", None),
    ("/mail", "Post", None),
)
_TODO: Final = {
    400: "Bitte prüfen Sie die Adresse oder gehen Sie einen Schritt zurück und versuchen Sie es noch einmal.",
    401: "Bitte melden Sie sich an.",
    403: "Wenn Sie den Zugang brauchen, wenden Sie sich an Ihre Kommune. Die Kontaktdaten stehen unten.",
    404: "Prüfen Sie die Adresse, oder suchen Sie auf der Startseite nach dem, was Sie erledigen möchten.",
    409: "Bitte laden Sie die Seite neu: Der Stand hat sich inzwischen geändert.",
    413: "Bitte verkleinern Sie die Datei und versuchen Sie es noch einmal.",
    429: "Bitte warten Sie einen Augenblick und versuchen Sie es dann noch einmal.",
    500: "Der Fehler liegt bei uns. Versuchen Sie es später noch einmal, oder nennen Sie uns die Kennung.",
    502: "Der Fehler liegt bei uns. Versuchen Sie es später noch einmal, oder nennen Sie uns die Kennung.",
    503: "Bitte versuchen Sie es in ein paar Minuten noch einmal. Gespeichertes geht nicht verloren.",
    504: "Ob Ihre Eingabe ankam, wissen wir nicht. Bitte sehen Sie erst nach, bevor Sie sie wiederholen.",
}


@dataclass(frozen=True, slots=True)
class View:
    """For whom a page is framed, and where it lies."""

    city: City | None
    prefix: str
    path: str
    here: str
    """The page's own address with prefix, to come back to after a login."""
    operators: bool = False
    name: str | None = None
    """Whose login it is; None: nobody's."""
    roles: frozenset[str] = frozenset()
    csrf: str = ""


class Shell:
    """Frames pages and renders error pages."""

    def __init__(self, assets: Assets, cities: Mapping[str, City]) -> None:
        self._environment = Environment(
            loader=PackageLoader("mash_portal_gw", "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"asset": assets.url, "kern": assets.has_kern, "demo": demo_mark}
        self._colours = {name: Asset.of("city.css", city.stylesheet()) for name, city in cities.items()}

    def colours(self, tenant: str) -> Asset | None:
        return self._colours.get(tenant)

    def frame(self, view: View, title: str) -> tuple[bytes, bytes]:
        """What stands before and after the page's <main>."""
        portal = view.city.portal if view.city else None
        site = view.city.tenant.full_title if view.city else "MAsH Betrieb" if view.operators else "MAsH"
        whole = self._environment.get_template("shell.html").render(
            title=title,
            site=site,
            claim=portal.claim.value if portal and portal.claim else "",
            city=view.city,
            colours=self._colours[view.city.tenant.name].tag if view.city else "",
            prefix=view.prefix,
            home=f"{view.prefix}/",
            here=view.here,
            can_login=view.city is not None or view.operators,
            name=view.name,
            csrf=view.csrf,
            nav=_nav(view),
            marker=_MARKER,
        )
        before, _, after = whole.partition(_MARKER)
        return before.encode(), after.encode()

    def error(self, view: View, problem: Problem, cities: list[Mapping[str, str]]) -> bytes:
        """The whole page that says what happened and what to do."""
        again, again_title = "", ""
        if problem.status == 401 or problem.kind.startswith("login-"):  # noqa: PLR2004 — not logged in
            again, again_title = f"{view.prefix}/login", "Anmelden"
        elif problem.status in (429, 502, 503) and view.here.startswith("/"):
            again, again_title = view.here, "Noch einmal versuchen"
        main = self.render(
            "error.html",
            title=problem.title,
            status=problem.status,
            what=problem.detail or problem.title,
            detail="",
            todo=_TODO.get(problem.status, _TODO[400] if problem.status < 500 else _TODO[500]),  # noqa: PLR2004
            trace_id=trace_id(),
            cities=cities,
            again=again,
            again_title=again_title,
            home=f"{view.prefix}/",
        )
        before, after = self.frame(view, problem.title)
        return before + main + after

    def render(self, template: str, **context: Any) -> bytes:
        return self._environment.get_template(template).render(**context).encode()


def demo_mark(fact: object) -> Markup:
    """What stands beside a fact that was made up for the demo."""
    if not getattr(fact, "demo", False):
        return Markup("")
    return Markup('<span class="portal-demo-mark">Demodaten</span>')


def _nav(view: View) -> list[dict[str, str | None]]:
    if view.city is None and not view.operators:
        return []
    items = []
    seen_as = view.roles if view.name is not None else frozenset({_VISITOR})
    for path, title, roles in _OPS_NAV if view.operators else _CITY_NAV:
        if roles is not None and not roles & seen_as:
            continue
        inside = view.path == path or (path != "/" and view.path.startswith(f"{path}/"))
        here = "page" if view.path == path else "true" if inside else None
        items.append({"href": f"{view.prefix}{path}", "title": title, "here": here})
    return items
