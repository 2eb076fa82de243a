# SPDX-License-Identifier: EUPL-1.2
"""Every metric and attribute name forms emits. Dashboards and alerts are generated from here."""

from typing import Literal

from mash_sdk.telemetry import counter

Attribute = Literal[
    "mash.form",  # a form's name, for example bewohnerparkausweis
    "mash.decision",  # APPROVED or REJECTED
    "mash.run",  # what became of a routine case: decided, sampled or reversed
    "mash.record",  # a class of data: draft, application or document
    "mash.answer",  # what became of a question about a letter: known, unknown or refused
    "mash.document",  # a letter's kind, for example permit
]

APPLICATIONS_SUBMITTED = counter(
    "mash.forms.submitted", doc="applications handed in", attributes=("mash.form",)
)
APPLICATIONS_DECIDED = counter(
    "mash.forms.decided", doc="applications decided", attributes=("mash.form", "mash.decision")
)
APPLICATIONS_WITHDRAWN = counter(
    "mash.forms.withdrawn", doc="applications taken back by who applied", attributes=("mash.form",)
)
AUTOMATIC = counter(
    "mash.forms.automatic",
    doc="routine cases: decided by a rule, left to a person by the draw, or reversed by one",
    attributes=("mash.form", "mash.run"),
)
DOCUMENTS_ISSUED = counter(
    "mash.forms.issued", doc="letters laid into an account", attributes=("mash.document",)
)
DOCUMENTS_PREPARED = counter(
    "mash.forms.prepared", doc="documents prepared for another authority", attributes=("mash.form",)
)
FORMS_BROKEN = counter(
    "mash.forms.broken", doc="form files that could not be loaded; the version before stays in use"
)
FORMS_ALTERED = counter(
    "mash.forms.altered",
    doc="form files altered under a version that was published; the published one goes on serving",
)
AUDIT_SEALED = counter("mash.forms.audit.sealed", doc="lines of the audit trail that were chained")
LETTERS_ASKED = counter(
    "mash.forms.letters.asked", doc="questions whether a letter is genuine", attributes=("mash.answer",)
)
RECORDS_DELETED = counter(
    "mash.forms.deleted", doc="records deleted at the end of their retention", attributes=("mash.record",)
)
