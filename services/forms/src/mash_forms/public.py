# SPDX-License-Identifier: EUPL-1.2
"""What everybody may read: the catalogue. Published for the edge; the API answers with the same documents."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from mash_forms.model.form import Charge, Form
from mash_forms.model.money import Money
from mash_forms.service import Catalogue
from mash_sdk.database import Unit
from mash_sdk.public import Document

FORMS: Final = "/api/forms/v1/forms"
MAX_AGE: Final = 60
"""Seconds for which a browser may show the catalogue without asking again."""
LOOK_EVERY: Final = 5.0
"""Seconds after which the files of the cities are looked at again."""


class View(BaseModel):
    """What is said over HTTP."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MoneyView(View):
    """Whole cents of an ISO 4217 currency."""

    cents: int
    currency: str

    @classmethod
    def of(cls, money: Money | None) -> "MoneyView | None":
        return cls(cents=money.cents, currency=money.currency) if money else None


class FeeView(View):
    title: str
    amount: MoneyView
    legal_basis: str
    source: str | None
    demo: bool
    always: bool
    """It is due once for everybody; others depend on the answers."""


class FormView(View):
    """A form in the catalogue."""

    name: str
    version: str
    title: str
    summary: str
    situations: Sequence[str]
    office: str
    fee: FeeView | None
    """What everybody pays; without it look at `fees`."""
    fees: Sequence[FeeView]
    leika: str | None
    trust_level: int
    handover: bool
    """The office is another authority, which decides: here it is only prepared, nothing is handed in."""


class FormDetail(FormView):
    """A form with the JSON Schema (2020-12) of its data."""

    data_schema: dict[str, Any]


class FormList(View):
    items: Sequence[FormView]
    next: str | None = None


def catalogue_of(forms: Sequence[Form]) -> Document:
    """The forms there are, in this order."""
    listed = FormList(items=[FormView(**_fields(form)) for form in forms])
    return Document(FORMS, listed.model_dump_json().encode(), max_age=MAX_AGE)


def form_of(form: Form) -> Document:
    """One form, with what its data must be."""
    detail = FormDetail(**_fields(form), data_schema=dict(form.schema))
    return Document(f"{FORMS}/{form.name}", detail.model_dump_json().encode(), max_age=MAX_AGE)


class Publication:
    """Publishes a city's catalogue as it is now, and takes back the forms that are gone."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._made: dict[str, tuple[Sequence[Form], Sequence[Document]]] = {}

    async def publish(self, unit: Unit) -> None:
        documents = self._documents(unit.tenant, await self._catalogue.forms(unit.tenant))
        unit.publish(*documents)
        unit.withdraw(*(await unit.published() - {document.path for document in documents}))

    def _documents(self, tenant: str, forms: Sequence[Form]) -> Sequence[Document]:
        """Made once for what the catalogue keeps unchanged."""
        made = self._made.get(tenant)
        if made is None or [*map(id, made[0])] != [*map(id, forms)]:
            made = self._made[tenant] = forms, [catalogue_of(forms), *map(form_of, forms)]
        return made[1]


def _fields(form: Form) -> dict[str, Any]:
    fees = [_fee(charge) for charge in form.charges]
    return {
        "name": form.name,
        "version": form.version,
        "title": form.title,
        "summary": form.summary,
        "situations": form.situations,
        "office": form.office.title,
        "fee": fees[0] if form.fee else None,
        "fees": fees,
        "leika": form.leika.value if form.leika else None,
        "trust_level": form.trust_level,
        "handover": form.handover is not None,
    }


def _fee(charge: Charge) -> FeeView:
    fee = charge.fee
    return FeeView(
        title=fee.title,
        amount=MoneyView(cents=fee.money.cents, currency=fee.money.currency),
        legal_basis=fee.legal_basis,
        source=fee.source,
        demo=fee.demo,
        always=charge.when is None and charge.times is None,
    )
