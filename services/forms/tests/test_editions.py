# SPDX-License-Identifier: EUPL-1.2
"""A published version never changes, whatever becomes of its file; and what is past its retention goes."""

import logging
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.definition import content_of
from mash_forms.service import Catalogue, PublishedCatalogue, Retention
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

API = "/api/forms/v1"
Benches = Callable[..., Awaitable[Bench]]


@pytest.fixture
def folder(tmp_path: Path, cities: Path) -> Path:
    """The cities' files, to be changed."""
    shutil.copytree(cities, tmp_path / "cities")
    return tmp_path / "cities"


async def watching(bench_of: Benches, folder: Path) -> Bench:
    """A bench that looks at the files anew each time."""
    bench = await bench_of("mash_forms", cities=folder)
    published = bench.program.provides[Catalogue]
    assert isinstance(published, PublishedCatalogue)
    published._files = CityFiles(folder, look_again=0)
    return bench


def changed(folder: Path, *changes: tuple[str, str]) -> None:
    file = folder / "heidelberg/forms/meldung.yaml"
    said = file.read_text("utf-8")
    for old, new in changes:
        assert old in said
        said = said.replace(old, new)
    file.write_text(said, "utf-8")


async def shown(bench: Bench) -> str:
    found = (await bench.visitor().get(f"{API}/forms/meldung")).json()
    return f"{found['title']} {found['version'].split('-')[0]}"


async def test_an_altered_file_is_refused_and_what_was_published_serves_on(
    bench_of: Benches, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await watching(bench_of, folder)
    before = await shown(bench)
    with caplog.at_level(logging.WARNING):
        changed(folder, ("title: {de: ", 'title: {de: "Neu", xx: '))
        assert await shown(bench) == before
    [told] = [
        record.getMessage() for record in caplog.records if "altered under version 1" in record.getMessage()
    ]
    assert "heidelberg/forms/meldung.yaml" in told
    assert "raise `version`" in told
    handed = await bench.client(subject="anna").post(
        f"{API}/applications", json={"id": new_id(), "form": "meldung", "data": {"what": "Loch"}}
    )
    assert handed.status_code == 201
    changed(folder, ('version: "1"', 'version: "2"'))
    assert await shown(bench) == "Neu 2"
    changed(folder, ('version: "2"', 'version: "1"'))
    assert await shown(bench) == before


async def test_other_fees_and_offices_are_no_alteration(bench_of: Benches, folder: Path) -> None:
    bench = await watching(bench_of, folder)
    first = (await bench.visitor().get(f"{API}/forms/ausweis")).json()
    fees = folder / "heidelberg/fees.toml"
    fees.write_text(fees.read_text("utf-8").replace("3070", "3200"), "utf-8")
    second = (await bench.visitor().get(f"{API}/forms/ausweis")).json()
    assert second["fee"]["amount"]["cents"] == 3200
    assert second["version"] != first["version"]


async def test_the_fingerprint_is_the_launchers(bench: Bench, cities: Path) -> None:
    await bench.visitor().get(f"{API}/forms")
    async with bench.unit() as unit:
        rows = await unit.connection.execute(text("select form, content from editions"))
        kept = {row.form: row.content for row in rows}
    for name, content in kept.items():
        raw = yaml.safe_load((cities / f"heidelberg/forms/{name}.yaml").read_text("utf-8"))
        assert content_of(raw) == content


async def counts(bench: Bench) -> dict[str, Any]:
    found = {}
    async with bench.program.database.worker_unit() as unit:
        for table in ("applications", "history", "decisions", "documents", "audit", "drafts"):
            found[table] = await unit.connection.scalar(text(f"select count(*) from {table}"))  # noqa: S608
    return found


async def decided(bench: Bench, tenant: str = "heidelberg") -> str:
    application_id = new_id()
    anna, kurt = bench.client(tenant, subject="anna"), bench.client(tenant, roles=["clerk"])
    body = {"id": application_id, "form": "meldung", "data": {"what": "Loch"}}
    assert (await anna.post(f"{API}/applications", json=body)).status_code == 201
    path = f"{API}/applications/{application_id}/decision"
    assert (await kurt.post(path, json={"outcome": "APPROVED"})).status_code == 200
    await bench.settle()
    return application_id


@pytest.fixture
def retention(bench: Bench) -> Retention:
    found = bench.program.provides[Retention]
    assert isinstance(found, Retention)
    return found


async def test_what_is_past_its_retention_is_deleted_everywhere_and_nothing_else(
    bench: Bench, retention: Retention
) -> None:
    await decided(bench)
    await decided(bench, "mannheim")
    anna = bench.client(subject="anna")
    await anna.post(f"{API}/applications", json={"id": new_id(), "form": "meldung", "data": {"what": "Zwei"}})
    await anna.post(f"/pages/apply/meldung/{new_id()}/what", data={"csrf": CSRF, "what": "Entwurf"})
    with bench.program.telemetry.active():
        assert await retention.once() == {}
        bench.clock.forward(days=31)
        assert await retention.once() == {"draft": 1}
        bench.clock.forward(days=365 * 2 + 1)
        assert await retention.once() == {"document": 2, "application": 2}
    left = await counts(bench)
    assert left["applications"] == 1, "one that is not decided is kept"
    assert left["decisions"] == left["documents"] == left["drafts"] == 0
