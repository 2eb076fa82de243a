# SPDX-License-Identifier: EUPL-1.2
"""What is wrong with what a form says of a second signature, beyond its shape."""

from collections.abc import Iterator

from mash_forms.model.form import Raw

Found = tuple[tuple[str | int, ...], str]


def cosigner_faults(form: Raw) -> Iterator[Found]:
    """The second person sees answers of the form, no files, and signs only what is handed in to us."""
    raw = form.get("cosigner")
    if not raw:
        return
    if form.get("handover"):
        yield ("cosigner",), "another authority decides (handover), so nothing is signed here; remove it"
    known = {one["name"]: "" for one in form.get("computed") or []}
    for field in (field for step in form["steps"] for field in step["fields"]):
        name = field["path"].removeprefix("/")
        known[name] = field["widget"]
        known |= {f"{name}{inside['path']}": "" for inside in field.get("fields") or []}
    shown = [path.removeprefix("/") for path in raw["shows"]]
    for at, name in enumerate(shown):
        if name not in known or name in shown[:at]:
            yield ("cosigner", "shows", at), f"/{name} is no answer of the form, or there twice"
        elif known[name] == "upload":
            yield ("cosigner", "shows", at), f"/{name} is a file, which the second person is not shown"
    level = raw.get("trust_level")
    if level is not None and level <= form["trust_level"]:
        what = f"asks for trust level {level}, and the form asks for {form['trust_level']} anyway; remove it"
        yield ("cosigner", "trust_level"), what
    if (form.get("processing") or {}).get("automation", {}).get("enabled"):
        yield ("cosigner",), "a rule decides (processing.automation), and rules do not look at signatures"
