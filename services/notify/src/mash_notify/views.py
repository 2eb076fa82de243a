# SPDX-License-Identifier: EUPL-1.2
"""Pages: the mailbox, subscriptions to warnings, and ending one by the link of a mail."""

from typing import Annotated, Final

from fastapi import Depends, Path
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_notify.model import UNDO
from mash_notify.service.mailbox import MailboxService
from mash_notify.service.subscriptions import Subscriptions
from mash_sdk.http import After, Allow, InUnit, Page, PageForm, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.problems import Invalid, Unavailable
from mash_sdk.provide import Provide

router = Router(tags=["pages"])
pages = Pages("mash_notify")

Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Anyone = Annotated[Principal, Depends(Allow.anyone())]
Token = Annotated[str, Path(max_length=100, pattern=r"^[A-Za-z0-9._-]+$")]
Mailbox = Annotated[MailboxService, Provide(MailboxService)]
Subscribed = Annotated[Subscriptions, Provide(Subscriptions)]

LENGTH: Final = 20
MAILBOX, SUBSCRIPTIONS = "/account/mailbox", "/account/subscriptions"


@router.get("/pages/account/mailbox", response_class=HTMLResponse)
async def list_entries(
    page: Page, who: Citizen, mailbox: Mailbox, unit: InUnit, after: After = None, deleted: str = ""
) -> HTMLResponse:
    """What came, newest first. `deleted` names what was just deleted, to bring it back."""
    start = parse_id(after, "?after") if after else None
    found = await mailbox.list(who.subject, LENGTH, start, unit)
    gone = parse_id(deleted, "?deleted") if deleted else ""
    return pages.render(
        page, "mailbox.html", title="Postfach", found=found, first=after is None, gone=gone, days=UNDO.days
    )


@router.get("/pages/account/mailbox/{entry_id}", response_class=HTMLResponse)
async def show_entry(entry_id: str, page: Page, who: Citizen, mailbox: Mailbox, unit: InUnit) -> HTMLResponse:
    """One entry; from now on it is read."""
    entry = await mailbox.read(who.subject, parse_id(entry_id, "?entry_id"), unit)
    return pages.render(page, "entry.html", title=entry.title, entry=entry)


@router.post("/pages/account/mailbox/{entry_id}/delete", response_class=HTMLResponse)
async def delete_entry(
    entry_id: str, page: Page, _form: PageForm, who: Citizen, mailbox: Mailbox, unit: InUnit
) -> Response:
    """Delete it; the page that follows offers to bring it back."""
    entry = parse_id(entry_id, "?entry_id")
    await mailbox.delete(who.subject, entry, unit)
    return RedirectResponse(page.url(f"{MAILBOX}?deleted={entry}"), status_code=303)


@router.post("/pages/account/mailbox/{entry_id}/restore", response_class=HTMLResponse)
async def restore_entry(
    entry_id: str, page: Page, _form: PageForm, who: Citizen, mailbox: Mailbox, unit: InUnit
) -> Response:
    """Bring it back."""
    await mailbox.restore(who.subject, parse_id(entry_id, "?entry_id"), unit)
    return RedirectResponse(page.url(MAILBOX), status_code=303)


@router.post("/pages/account/mailbox/{entry_id}/unread", response_class=HTMLResponse)
async def mark_unread(
    entry_id: str, page: Page, _form: PageForm, who: Citizen, mailbox: Mailbox, unit: InUnit
) -> Response:
    """Mark it as not read yet."""
    await mailbox.mark_unread(who.subject, parse_id(entry_id, "?entry_id"), unit)
    return RedirectResponse(page.url(MAILBOX), status_code=303)


@router.get("/pages/account/subscriptions", response_class=HTMLResponse)
async def list_subscriptions(
    page: Page, who: Citizen, subscribed: Subscribed, rule: str = "", thing_id: str = ""
) -> HTMLResponse:
    """What one can be warned of, and of what one is. With `rule` and `thing_id` only that one."""
    return await _subscriptions(page, who, subscribed, only=(rule, thing_id))


@router.post("/pages/account/subscriptions", response_class=HTMLResponse)
async def change_subscription(page: Page, form: PageForm, who: Citizen, subscribed: Subscribed) -> Response:
    """Subscribe to warnings of one place, or end that."""
    rule, thing_id = str(form.get("rule", "")), str(form.get("thing_id", ""))
    if form.get("end"):
        await subscribed.end(who, rule, thing_id)
        return RedirectResponse(page.url(SUBSCRIPTIONS), status_code=303)
    try:
        await subscribed.subscribe(who, rule, thing_id)
    except (Invalid, Unavailable) as problem:
        return await _subscriptions(page, who, subscribed, problem)
    return RedirectResponse(page.url(SUBSCRIPTIONS), status_code=303)


@router.get("/pages/unsubscribe/{token}", response_class=HTMLResponse)
async def ask_unsubscribe(token: Token, page: Page, _who: Anyone) -> HTMLResponse:
    """Whether a warning shall no longer be sent. Looking at it ends nothing."""
    return pages.render(page, "unsubscribe.html", title="Warnung abbestellen", token=token, done=False)


@router.post("/pages/unsubscribe/{token}", response_class=HTMLResponse)
async def unsubscribe(
    token: Token, page: Page, _form: PageForm, who: Anyone, subscribed: Subscribed
) -> HTMLResponse:
    """End it."""
    await subscribed.end_by_link(who.tenant, token)
    return pages.render(page, "unsubscribe.html", title="Warnung abbestellt", token=token, done=True)


async def _subscriptions(
    page: Page,
    who: Principal,
    subscribed: Subscriptions,
    problem: Invalid | Unavailable | None = None,
    only: tuple[str, str] = ("", ""),
) -> HTMLResponse:
    own = await subscribed.own(who)
    try:
        offered = await subscribed.offered(who.tenant)
        complete = True
    except Unavailable:
        # One's own can be ended all the same, by the names they were subscribed to under.
        offered, complete = [], False
    known = {(subject.rule, place.thing_id) for subject in offered for place in subject.places}
    chosen = only if only in known else None
    return pages.render(
        page,
        "subscriptions.html",
        title="Warnungen abonnieren",
        status=200 if problem is None else problem.status,
        offered=offered,
        complete=complete,
        chosen=chosen,
        mine={(one.rule, one.thing_id) for one in own},
        gone=[one for one in own if (one.rule, one.thing_id) not in known],
        email=who.email if who.email_verified else "",
        problem=problem,
    )
