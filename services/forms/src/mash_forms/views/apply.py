# SPDX-License-Identifier: EUPL-1.2
"""Pages: filling in a form and handing it in."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.answers import posted
from mash_forms.model.form import Form
from mash_forms.service import Submit
from mash_forms.views.words import Applying, Citizen, FormName, pages, texts
from mash_sdk import journey
from mash_sdk.http import InUnit, Page, PageContext, PageForm, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id, parse_id
from mash_sdk.problems import Conflict, Fault, Invalid

router = Router(prefix="/pages/apply", tags=["pages"])


@router.get("/{name}", response_class=HTMLResponse)
async def blank(page: Page, who: Citizen, applications: Applying, name: FormName) -> HTMLResponse:
    form = await applications.form(name, who)
    return _filled(page, form, new_id(), _prefilled(form, who))


@router.post("/{name}", response_class=HTMLResponse)
async def hand_in(
    page: Page,
    who: Citizen,
    applications: Applying,
    unit: InUnit,
    name: FormName,
    sent: PageForm,
) -> Response:
    form = await applications.form(name, who)
    values = texts(sent)
    application_id = _id(values)
    journey.join(application_id)
    try:
        await applications.submit(
            Submit(application_id, name, posted(form.fields.values(), values), who), unit
        )
    except Invalid as err:
        return _filled(page, form, application_id, values, errors=err.errors)
    except Conflict:
        # Sent before with other answers: say so, and let the next sending be an application of its own.
        return _filled(page, form, new_id(), values, earlier=application_id)
    target = page.url(f"/account/applications/{application_id}")
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


def _filled(
    page: PageContext,
    form: Form,
    application_id: str,
    values: Mapping[str, str],
    errors: Sequence[Fault] = (),
    earlier: str = "",
) -> HTMLResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.CONFLICT if earlier else HTTPStatus.OK
    return pages.render(
        page,
        "apply.html",
        title=f"Fehler: {form.title}" if errors else f"{form.title} beantragen",
        status=status,
        form=form,
        application_id=application_id,
        values=values,
        faults={fault.pointer.removeprefix("/data").removeprefix("/"): fault for fault in errors},
        earlier=earlier,
    )


def _prefilled(form: Form, who: Principal) -> dict[str, str]:
    known = {"given_name": who.given_name, "family_name": who.family_name, "email": who.email}
    return {name: known[field.prefill] for name, field in form.fields.items() if known.get(field.prefill)}


def _id(values: Mapping[str, str]) -> str:
    try:
        return parse_id(values.get("id", ""))
    except Invalid:
        return new_id()
