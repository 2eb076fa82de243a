# SPDX-License-Identifier: EUPL-1.2
"""`./mash audit verify` on a real trail: it holds, it is broken, and where nothing can be reached."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from mash_sdk.audit import Sealing
from mash_sdk.testing import Bench
from mash_tools import audit

CITIES = Path(__file__).parents[2] / "services" / "forms" / "tests" / "cities"


async def verify(*more: str) -> int:
    return await asyncio.to_thread(audit.main, ["verify", "--city", "heidelberg", "--trail", "forms", *more])


async def test_it_says_whether_the_chain_holds_and_where_it_breaks(
    bench_of: Callable[..., Awaitable[Bench]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench = await bench_of("mash_forms", cities=CITIES, case_key="a secret of tests, with over 32 characters")
    anna = bench.client(subject="anna")
    for _ in range(3):
        await anna.post("/api/forms/v1/applications", json={"form": "meldung", "data": {"what": "Loch"}})
    sealing = bench.program.provides[Sealing]
    assert isinstance(sealing, Sealing)
    await sealing.once()
    settings = bench.program.settings
    monkeypatch.setenv("FORMS_POSTGRES_WORKER", settings.postgres_worker)
    assert await verify() == 0
    said = capsys.readouterr().out
    assert "holds: 3 lines" in said
    end = said.rpartition("Its end: ")[2].strip()
    connection = await asyncpg.connect(settings.postgres_admin)
    await connection.execute("set session_replication_role = replica")
    await connection.execute("delete from forms.audit where number = 3")
    assert await verify() == 0
    assert await verify("--noted", end) == 1
    await connection.execute("update forms.audit set actor = 'x' where number = 2")
    await connection.close()
    capsys.readouterr()
    assert await verify() == 1
    assert "broken at line 2: it was altered" in capsys.readouterr().out


async def test_each_service_that_keeps_a_trail_is_asked(
    bench_of: Callable[..., Awaitable[Bench]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    forms = await bench_of("mash_forms", cities=CITIES, case_key="a secret of tests, with over 32 characters")
    away = "http://127.0.0.1:9"
    payments = await bench_of(
        "mash_payments",
        xbezahldienste_url=away,
        xbezahldienste_client_id="x",
        xbezahldienste_client_secret="x",
        return_secret="k" * 32,
    )
    till = payments.client(subject="theo", roles=["treasurer"])
    assert (await till.get("/desk/payments")).status_code == 200
    sealing = payments.program.provides[Sealing]
    assert isinstance(sealing, Sealing)
    assert await sealing.once() == 1
    for name, bench in (("FORMS", forms), ("PAYMENTS", payments)):
        monkeypatch.setenv(f"{name}_POSTGRES_WORKER", bench.program.settings.postgres_worker)
    ask = ["verify", "--city", "heidelberg"]
    assert await asyncio.to_thread(audit.main, ask) == 0
    said = capsys.readouterr().out
    assert "forms in heidelberg holds: 0 lines" in said
    assert "payments in heidelberg holds: 1 lines" in said
    connection = await asyncpg.connect(payments.program.settings.postgres_admin)
    await connection.execute("set session_replication_role = replica")
    await connection.execute("update payments.audit set actor = 'nobody' where number = 1")
    await connection.close()
    assert await asyncio.to_thread(audit.main, ask) == 1
    said = capsys.readouterr().out
    assert "forms in heidelberg holds" in said
    assert "payments in heidelberg is broken at line 1: it was altered" in said
    assert "actor=nobody" in said


def test_an_end_is_of_one_trail() -> None:
    with pytest.raises(SystemExit):
        audit.main(["verify", "--city", "heidelberg", "--noted", "1:" + "00" * 32])


def test_where_nothing_runs_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["--data", str(tmp_path), "verify", "--city", "heidelberg"]) == 2
    assert "holds no platform" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["audit", "city"])
def test_where_the_service_is_not_installed_it_says_where_it_is(command: str) -> None:
    """As in the image of the tools."""
    without = "import sys; sys.modules['mash_forms'] = None; from mash_tools.__main__ import main; main"
    done = subprocess.run(
        [sys.executable, "-c", f"{without}([{command!r}, 'x'])"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "needs mash-forms, which is not installed here; call it in a clone" in done.stderr
    assert "Traceback" not in done.stderr
