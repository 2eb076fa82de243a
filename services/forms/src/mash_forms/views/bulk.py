# SPDX-License-Identifier: EUPL-1.2
"""Pages: the same done to several cases, with a second look before decisions, and how the work stands."""

from http import HTTPStatus
from typing import Annotated

from starlette.datastructures import FormData
from starlette.responses import HTMLResponse

from mash_forms.model.application import Outcome
from mash_forms.service import Bulk, BulkService, Catalogue, DoAll, FigureService
from mash_forms.views.automation import Automation
from mash_forms.views.words import Clerk, Forms, is_id, pages, texts
from mash_sdk.http import InUnit, Page, PageContext, PageForm, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import Fault, Invalid
from mash_sdk.provide import Provide

router = Router(prefix="/pages/desk", tags=["pages"])

AllOf = Annotated[BulkService, Provide(BulkService)]
Counting = Annotated[FigureService, Provide(FigureService)]


@router.post("/bulk", response_class=HTMLResponse)
async def do_all(page: Page, who: Clerk, all_of: AllOf, forms: Forms, sent: PageForm) -> HTMLResponse:
    """Take several up, put them back, or decide them with one reason; each has its own result."""
    values, ids = texts(sent), _ids(sent)
    said = values.get("does", "")
    outcome = Outcome(said) if said in Outcome.__members__ else None
    reason = values.get("reason", "")
    if outcome is not None and ids and values.get("confirmed") != "yes":
        return await _asking(page, all_of, forms, DoAll(Bulk.DECIDE, ids, who, outcome))
    try:
        done = await all_of.do(_command(said, outcome, ids, reason, who))
    except Invalid as err:
        fault = err.errors[0]
        if fault.pointer == "/reason" and outcome is not None:
            return await _asking(page, all_of, forms, DoAll(Bulk.DECIDE, ids, who, outcome, reason), fault)
        return pages.render(
            page,
            "bulk.html",
            title="Fehler: Mehrere Vorgänge",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            done=[],
            undo=[],
            fault=fault,
        )
    undo = [one.id for one in done if not one.refused] if said == Bulk.TAKE_UP else []
    return pages.render(page, "bulk.html", title="Mehrere Vorgänge", done=done, undo=undo, fault=None)


@router.get("/figures", response_class=HTMLResponse)
async def figures(
    page: Page, who: Clerk, counting: Counting, automation: Automation, forms: Forms, unit: InUnit
) -> HTMLResponse:
    """How the work stands, by form, and what became of what rules may decide."""
    known = {form.name: form for form in await forms.forms(who.tenant)}
    found = await counting.by_form(who, unit)
    return pages.render(page, "figures.html", title="Kennzahlen", figures=found, forms=known,
                        automatic=await automation.figures(unit))  # fmt: skip


async def _asking(
    page: PageContext, all_of: BulkService, forms: Catalogue, cmd: DoAll, fault: Fault | None = None
) -> HTMLResponse:
    """What deciding would come to, case by case, before anything is."""
    known = {form.name: form for form in await forms.forms(cmd.who.tenant)}
    return pages.render(
        page,
        "bulk-confirm.html",
        title="Fehler: Noch nicht entschieden" if fault else "Entscheidungen bestätigen",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        preview=await all_of.preview(cmd),
        forms=known,
        outcome=cmd.outcome,
        reason=cmd.reason,
        fault=fault,
    )


def _command(said: str, outcome: Outcome | None, ids: list[str], reason: str, who: Principal) -> DoAll:
    if outcome is not None:
        return DoAll(Bulk.DECIDE, ids, who, outcome, reason.replace("\r\n", "\n"))
    if said not in {Bulk.TAKE_UP, Bulk.RELEASE}:
        why = "Es ist nicht gesagt, was geschehen soll."
        raise Invalid(why, errors=[Fault("/does", why, "Wählen Sie eine der Schaltflächen.")])
    return DoAll(Bulk(said), ids, who)


def _ids(sent: FormData) -> list[str]:
    return [one for one in sent.getlist("case") if isinstance(one, str) and is_id(one)]
