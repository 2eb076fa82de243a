# SPDX-License-Identifier: EUPL-1.2
"""The page a payer sees at a provider's simulator: what is to be paid, pay, refuse to pay."""

from __future__ import annotations

import html
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

_PAGE = """<!doctype html>
<html lang="de">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulator – {provider}</title>
<style>body{{font:1.1rem/1.5 sans-serif;max-width:32rem;margin:0 auto;padding:1rem;color:#1d1d1f}}
.simulator{{background:#fff3cd;padding:.75rem}}
button{{font:inherit;padding:.75rem 1.25rem;margin:.25rem .5rem .25rem 0}}
dt{{font-weight:bold}}dd{{margin:0 0 .5rem}}</style></head>
<body>
<p class="simulator" role="note"><strong>Simulator.</strong>
Dies ist keine echte Bezahlseite: Es fließt kein Geld.</p>
<main><h1>{provider}</h1>{inside}</main>
</body></html>"""

_OPEN = """<dl><dt>Betrag</dt><dd>{amount} {currency}</dd><dt>Wofür</dt><dd>{what}</dd></dl>
<form method="post"><p><button type="submit" name="decision" value="pay">Bezahlen</button>
<button type="submit" name="decision" value="cancel">Abbrechen</button></p></form>"""


def open_page(provider: str, cents: int, currency: str, what: str) -> Response:
    """What is to be paid, and the payer's choice."""
    amount = f"{cents // 100},{cents % 100:02d}"
    return _page(
        provider, _OPEN.format(amount=amount, currency=html.escape(currency), what=html.escape(what))
    )


def over_page(provider: str, said: str, back: str = "", status: int = 200) -> Response:
    """Nothing to choose any more."""
    link = f'<p><a href="{html.escape(back)}">Zurück zum Online-Dienst</a></p>' if back else ""
    return _page(provider, f'<p role="status">{html.escape(said)}</p>{link}', status)


async def wants_to_pay(request: Request) -> bool:
    """The payer's choice on the page."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    return form.get("decision") == ["pay"]


def _page(provider: str, inside: str, status: int = 200) -> Response:
    headers = {
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    return HTMLResponse(_PAGE.format(provider=html.escape(provider), inside=inside), status, headers)
