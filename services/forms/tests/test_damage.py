# SPDX-License-Identifier: EUPL-1.2
"""Whatever happens to a city's files, its other forms stay, and what is offered can be used."""

import asyncio
import copy
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.answers import posted
from mash_forms.model.complaints import complaints, complaints_of
from mash_forms.model.draft import Draft
from mash_forms.model.filling import fill
from mash_forms.model.form import LANGUAGES, Form
from mash_forms.service import Opened
from mash_forms.views.asking import asked
from mash_forms.views.phrases import say
from mash_forms.views.words import pages
from mash_sdk.http.pages import PageContext
from mash_sdk.identity import Principal
from mash_sdk.problems import Unavailable

CITIES = Path(__file__).parent / "cities"
FORM = "forms/ausweis.yaml"
SHARED = ("city.toml", "portal.toml", "offices.toml", "fees.toml")
DEFINITION = yaml.safe_load((CITIES / "heidelberg" / FORM).read_text(encoding="utf-8"))
PAGE = PageContext(Principal("visitor", "heidelberg"), None, "/heidelberg", "csrf")
TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
GONE = object()
JUNK: list[Any] = [
    GONE, None, "", "x", "\x00", "\ud800", b"\xff", True, 0, -1, 1.5, math.nan, math.inf, 10**400,
    date(2026, 1, 1), [], [[]], [1], ["x"], {}, {"x": 1}, {1: 2}, {"de": 1}, {"de": None}, {"de": []},
    {"$ref": "#/nowhere"},
]  # fmt: skip
WORTHLESS = ["= 5", "= []", '= ["x"]', "= {}", '= ""', "= 1.5", "= nan", "= 2026-01-01", "= true"]


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        yield from places(value, (*at, key))


PLACES = list(places(DEFINITION))


@st.composite
def forms(draw: st.DrawFn) -> bytes:
    """Our form with something else, or nothing, where its author put something that fits."""
    spoilt = copy.deepcopy(DEFINITION)
    *way, last = draw(st.sampled_from(PLACES))
    inside = spoilt
    for key in way:
        inside = inside[key]
    junk = draw(st.sampled_from(JUNK))
    if junk is GONE:
        del inside[last]
    else:
        inside[last] = junk
    return yaml.safe_dump(spoilt).encode("utf-8", "surrogatepass")


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """One of a city's files, broken off, with bytes that are no text, a line less or a value that is none."""
    name = draw(st.sampled_from([*SHARED, FORM]))
    good = (CITIES / "heidelberg" / name).read_bytes()
    lines = good.splitlines(keepends=True)
    line = draw(st.integers(0, len(lines) - 1))
    cut = draw(st.integers(0, len(good)))
    key = lines[line].partition(b"=")[0]
    worthless = key + draw(st.sampled_from(WORTHLESS)).encode() + b"\n"
    return name, draw(
        st.sampled_from(
            [
                good[:cut],
                good[:cut] + b"\xff" + good[cut:],
                b"".join(lines[:line] + lines[line + 1 :]),
                b"".join([*lines[:line], worthless, *lines[line + 1 :]]),
            ]
        )
    )


def offered(name: str, content: bytes, *, loaded: bool) -> set[str]:
    """What a city with this file offers; `loaded`: it was read before the damage."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(CITIES, folder, dirs_exist_ok=True)
        found = CityFiles(Path(folder), look_again=0)
        if loaded:
            asyncio.run(names(found))
        file = Path(folder, "heidelberg", name)
        file.write_bytes(content)
        os.utime(file, (1, 1))
        return asyncio.run(names(found))


async def names(found: CityFiles) -> set[str]:
    """Their names, once each has been used as doors use it."""
    city = await found.city("heidelberg")
    for form in await found.forms("heidelberg"):
        use(form)
    listed = await found.forms("heidelberg")
    about = {"query": "", "situation": "", "situations": city.situations}
    pages.render(PAGE, "services.html", title="", status=200, forms=listed, **about)
    return {form.name for form in listed}


def use(form: Form) -> None:
    form.matches("auto")
    texts = dict.fromkeys(form.fields, "1")
    for data in ({}, posted(form.fields.values(), texts, "de")):
        complaints(form, data, TODAY)
        form.answers(data)
    pages.render(PAGE, "service.html", title="", form=form)
    draft = Draft.begun("x", form, "anna", posted(form.fields.values(), texts, "de"), NOW)
    filled = fill(form, draft.data, TODAY)
    opened = Opened(draft, filled, complaints_of(filled, TODAY))
    filled.charged()
    for step in filled.steps:
        said = asked(opened, step, opened.wrong(step))
        about: dict[str, Any] = {
            "number": 1,
            "total": 1,
            "more": False,
            "to": "",
            "begins": None,
            "checked": True,
        }
        about |= {"form": form, "opened": opened, "section": step.section, "asked": said}
        about |= {"t": say(form.spoken), "languages": LANGUAGES, "told": said.faults}
        pages.render(PAGE, "step.html", title="", status=200, **about)


@settings(max_examples=300, deadline=None)
@given(forms())
def test_a_damaged_form_takes_nothing_away(content: bytes) -> None:
    assert offered(FORM, content, loaded=True) == {"ausweis", "meldung", "wohnung"}
    assert "meldung" in offered(FORM, content, loaded=False)


@settings(max_examples=300, deadline=None)
@given(files())
def test_a_damaged_file_takes_nothing_away(damaged: tuple[str, bytes]) -> None:
    name, content = damaged
    assert offered(name, content, loaded=True) == {"ausweis", "meldung", "wohnung"}
    try:
        offered(name, content, loaded=False)
    except Unavailable:
        assert name == "city.toml"


@pytest.mark.parametrize("loaded", [True, False])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("offices.toml", b'[[offices]]\ntitle = "Ohne Kennung"\n'),
        ("offices.toml", b"offices = 3\n"),
        ("fees.toml", b"fees = 3\n"),
        ("portal.toml", b"\xff"),
        ("portal.toml", b"situations = [3]\n"),
        (FORM, b"\xff\xfe"),
        (FORM, b"name: ausweis\nwhen: 2026-02-30\n"),
        (FORM, b"name: ausweis\nself: &self [*self]\n"),
        (FORM, b"a: " + b"[" * 5000),
    ],
)
def test_what_was_there_stays(name: str, content: bytes, loaded: bool) -> None:  # noqa: FBT001 — parametrised
    """An office without an id harms no form of another office, and so on."""
    found = offered(name, content, loaded=loaded)
    if loaded:
        assert found == {"ausweis", "meldung", "wohnung"}


def test_an_office_without_an_id_harms_no_form_of_another() -> None:
    good = (CITIES / "heidelberg" / "offices.toml").read_bytes()
    more = b'\n[[offices]]\ntitle = "Ohne Kennung"\n' + good
    assert offered("offices.toml", more, loaded=False) == {"ausweis", "meldung", "wohnung"}


@pytest.mark.parametrize("taken", ["id", "csrf"])
def test_a_field_cannot_be_called_as_the_page_calls_its_own(taken: str) -> None:
    text = (CITIES / "heidelberg" / FORM).read_text(encoding="utf-8")
    spoilt = text.replace("/cars", f"/{taken}").replace("cars:", f"{taken}:").encode()
    assert offered(FORM, spoilt, loaded=False) == {"meldung", "wohnung"}
