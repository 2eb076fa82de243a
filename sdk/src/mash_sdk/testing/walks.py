# SPDX-License-Identifier: EUPL-1.2
"""The walks of a certificate: what one city can learn of another, and migrations down and up with data.

They are part of every ModuleConformance and run where pytest is told `--certify`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, ClassVar, Final, Protocol
from urllib.parse import quote

import grpc.aio
import pytest
from google.protobuf.message import Message
from sqlalchemy import text

from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.migrations.migrate import migrate, revisions
from mash_sdk.names import Names
from mash_sdk.problems import Unavailable
from mash_sdk.testing.bench import CSRF, OWN_TABLES, Bench
from mash_sdk.testing.described import requests_of
from mash_sdk.testing.doors import Door, doors

HOME, ELSEWHERE = "heidelberg", "mannheim"
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TELLING: Final = re.compile(r"[\s@\d]")
LONG_ENOUGH: Final = 8
ASKED_FOR: Final = 8
"""Ids of the other city that each route is asked for."""


@dataclass
class Secrets:
    """What a city has that no other may see: ids and texts of its rows."""

    ids: dict[str, str] = field(default_factory=dict)
    """Id → the table it is from."""
    texts: set[str] = field(default_factory=set)

    def in_(self, answer: str, sent: str = "") -> str | None:
        """The first that an answer tells, without those that the question had named."""
        for secret in (*self.ids, *sorted(self.texts)):
            if secret in answer and secret not in sent:
                return secret
        return None


class Walker(Protocol):
    examples: ClassVar[Sequence[Message]]
    readings: ClassVar[Sequence[Message]]
    known: ClassVar[Mapping[str, str]]
    subject: ClassVar[str | None]


class Walks:
    """Data is made by the module's own fixture and examples, all of them of one city."""

    @pytest.mark.certify
    async def test_no_table_shows_another_citys_rows(self: Walker, bench: Bench) -> None:
        await _filled(self, bench)
        seen = []
        for table in await _tables(bench):
            async with bench.program.database.unit(ELSEWHERE) as unit:
                if await unit.connection.scalar(text(f"select exists (select from {table})")):  # noqa: S608 — names of our own tables
                    seen.append(table)
        assert seen == [], "these tables show rows of another city; call protect() for them in a migration"

    @pytest.mark.certify
    async def test_no_route_tells_or_changes_another_citys(self: Walker, bench: Bench) -> None:
        await _filled(self, bench)
        secrets = await _secrets(bench)
        before = await _rows(bench)
        leaks: list[str] = []
        read = 0
        for door in doors(bench.program):
            for request in _requests(self, bench, door, secrets):
                roles = {role for guard in door.guards for role in guard.roles}
                strangers = [bench.client(ELSEWHERE, roles, who) for who in (self.subject, None)]
                for stranger in [*strangers, bench.visitor(ELSEWHERE)]:
                    answer = await stranger.request(door.method, request.url, **request.sent)
                    told = f"{answer.headers} {answer.text}"
                    if (secret := secrets.in_(told, request.named)) is not None:
                        leaks.append(f"{door} tells {ELSEWHERE} of {HOME}'s {secret!r}")
                    if answer.is_success and request.of is not None:
                        nothing = await stranger.request(door.method, request.absent, **request.sent)
                        if nothing.status_code == answer.status_code:
                            continue
                        leaks.append(
                            f"{door} answers {answer.status_code} to {ELSEWHERE} for an id of {HOME}'s "
                            f"{request.of}; answer 404, as for one that does not exist"
                        )
                if door.method == "GET" and request.of is not None:
                    owner = bench.client(HOME, roles, self.subject)
                    read += (await owner.request("GET", request.url)).is_success
        await bench.settle()
        leaks += await _changed(bench, before)
        assert sorted(set(leaks)) == []
        asked = any("{" in door.path and door.method == "GET" for door in doors(bench.program))
        assert read or not asked, (
            "its own city could read nothing by its ids either: it proves nothing; "
            "say in ModuleConformance what is `known` and whose it is (`subject`)"
        )

    @pytest.mark.certify
    async def test_no_rpc_tells_or_changes_another_citys(self: Walker, bench: Bench) -> None:
        await _filled(self, bench)
        secrets = await _secrets(bench)
        before = await _rows(bench)
        leaks = []
        for way in bench.program.rpc:
            for method in way.methods():
                callers = [(name, False) for name in sorted(method.callers)]
                callers += [("stranger", True)] if method.modules else []
                for filling in ["", *list(secrets.ids)[:ASKED_FOR]]:
                    asked = _message(method.handler.request_deserializer(b""), filling)
                    for caller, module in callers:
                        told = await _asked(bench, method.path, asked, caller, module=module)
                        if (secret := secrets.in_(told, str(asked))) is not None:
                            leaks.append(f"{method.path} tells {ELSEWHERE} of {HOME}'s {secret!r}")
        leaks += await _changed(bench, before)
        assert sorted(set(leaks)) == []

    @pytest.mark.certify
    async def test_no_event_of_another_city_tells_or_changes_anything(self: Walker, bench: Bench) -> None:
        await _filled(self, bench)
        secrets = await _secrets(bench)
        before = await _rows(bench)
        marks = {topic: len(bench.broker.records(topic)) for topic in _own_topics(bench)}
        for example in self.examples:
            await bench.deliver(example, ELSEWHERE, settle=False)
            await _settled(bench)
        if self.readings:
            await bench.receive(*self.readings, tenant=ELSEWHERE, settle=False)
            await _settled(bench)
        leaks = await _changed(bench, before)
        sent = " ".join(str(one) for one in (*self.examples, *self.readings))
        for topic, mark in marks.items():
            for record in bench.broker.records(topic)[mark:]:
                said = dict(record.headers)
                if said.get("ce_tenant") == HOME.encode():
                    leaks.append(f"an event of {ELSEWHERE} made one of {HOME} on {topic}")
                value = (record.value or b"").decode(errors="replace")
                if (secret := secrets.in_(value, sent)) is not None:
                    leaks.append(f"what {ELSEWHERE} announces on {topic} tells of {HOME}'s {secret!r}")
        assert sorted(set(leaks)) == []

    @pytest.mark.certify
    async def test_what_is_public_of_one_city_tells_of_no_other(self: Walker, bench: Bench) -> None:
        if bench.program.publishes is None:
            return
        await _filled(self, bench)
        secrets = await _secrets(bench)
        await bench.publish()
        leaks = [
            f"{document.path} of {document.tenant} tells of {HOME}'s {secret!r}"
            for document in bench.public().values()
            if document.tenant != HOME
            and (secret := secrets.in_(document.body.decode(errors="replace"))) is not None
        ]
        assert leaks == []

    @pytest.mark.certify
    async def test_migrations_go_down_and_up_with_data(self: Walker, bench: Bench) -> None:
        """From the newest to the oldest and back, one by one; then what is handled is handled still."""
        program = bench.program
        known = revisions(program.package)
        if not known:
            return
        await _filled(self, bench)
        before = {table: count for table, count in (await _counts(bench)).items() if count}
        way = [*reversed(known[:-1]), *known[1:]]
        for revision in way:
            await _migrate(bench, revision)
        after = await _counts(bench)
        lost = {table: (count, after.get(table)) for table, count in before.items() if after[table] > count}
        assert lost == {}, "rows were made by going down and up"
        for example in self.examples:
            await bench.deliver(example, HOME)
            assert bench.dead_reasons == [], f"{example.DESCRIPTOR.full_name} is handled no more"
        if self.readings:
            await bench.receive(*self.readings, tenant=HOME)
            assert bench.dead_reasons == []
        for revision in ("base", known[0], "head"):
            await _migrate(bench, revision)


@dataclass(frozen=True)
class _Request:
    url: str
    sent: Mapping[str, Any]
    of: str | None
    """The table of the id in its path."""
    absent: str
    """The same path with an id that nothing has."""

    @property
    def named(self) -> str:
        return f"{self.url} {self.sent}"


def _requests(walker: Walker, bench: Bench, door: Door, secrets: Secrets) -> Iterable[_Request]:
    """Each route without ids once, and with each of some ids in every place of its path."""
    names = re.findall(r"\{(\w+)\}", door.path)
    ids = list(dict.fromkeys([*walker.known.values(), *secrets.ids]))[:ASKED_FOR] if names else [""]
    asks_by_json = door.method != "GET" and door.path.startswith("/api/")
    bodies = _bodies(bench, door) if asks_by_json else []
    for one in ids:
        url = re.sub(r"\{\w+\}", quote(one, safe=""), door.path)
        of, absent = secrets.ids.get(one), re.sub(r"\{\w+\}", new_id(), door.path)
        if door.method == "GET":
            yield _Request(url, {}, of, absent)
        elif not door.path.startswith("/api/"):
            yield _Request(url, {"data": {"csrf": CSRF}}, of, absent)
        else:
            for body in bodies:
                yield _Request(url, {} if body is None else {"json": _asking_for(one, body)}, of, absent)


def _asking_for(one: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body with the other city's id wherever an id goes."""
    return {key: one if key.endswith("_id") and one else value for key, value in body.items()}


def _bodies(bench: Bench, door: Door) -> list[Any]:
    """Some that fit what the route describes; None stands for no body."""
    document = bench.program.asgi().openapi()
    operation = document.get("paths", {}).get(door.path, {}).get(door.method.lower())
    if operation is None or "requestBody" not in operation:
        return [None]
    only = {**document, "paths": {door.path: {door.method.lower(): operation}}}
    found: list[Any] = []
    for asked in requests_of(only, {}, unfit=0):
        body = asked.json()
        if isinstance(body, dict):
            found.append(body)
    return found[:2] or [None]


def _message(request: Message, filling: str) -> Message:
    for about in request.DESCRIPTOR.fields:
        if about.type == about.TYPE_STRING and filling:
            if about.is_repeated:
                getattr(request, about.name).append(filling)
            else:
                setattr(request, about.name, filling)
    return request


async def _asked(bench: Bench, path: str, asked: Message, caller: str, *, module: bool) -> str:
    def stub(channel: grpc.aio.Channel) -> Any:
        called = channel.unary_unary(
            f"/{path}",
            request_serializer=type(asked).SerializeToString,
            response_deserializer=lambda data: data,
        )
        return type("Stub", (), {"call": staticmethod(called)})

    try:
        answer = await bench.rpc(stub, "call", asked, caller=caller, module=module, tenant=ELSEWHERE)
    except grpc.aio.AioRpcError as err:
        return err.details() or ""
    return bytes(answer).decode(errors="replace")


async def _filled(walker: Walker, bench: Bench) -> None:
    """What the examples of the module lead to in its own city."""
    for example in walker.examples:
        await bench.deliver(example, HOME)
    if walker.readings:
        await bench.receive(*walker.readings, tenant=HOME)


async def _settled(bench: Bench) -> None:
    """Let things move; what another city's event lacks may fail, and waits then."""
    try:
        await bench.settle()
    except Unavailable:
        return


async def _tables(bench: Bench) -> list[str]:
    async with bench.program.database.worker_unit() as unit:
        found = await unit.connection.scalars(
            text(
                "select table_name from information_schema.columns where table_schema = :s"
                " and column_name = 'tenant' order by 1"
            ),
            {"s": Names(bench.program.name).schema},
        )
        return [table for table in found if table not in OWN_TABLES]


async def _rows_of(unit: Unit, table: str) -> list[Mapping[str, Any]]:
    wanted = text(f'select * from "{table}" where tenant = :t')  # noqa: S608 — names of our own tables
    return [dict(row) for row in (await unit.connection.execute(wanted, {"t": HOME})).mappings()]


async def _rows(bench: Bench) -> dict[str, list[str]]:
    async with bench.program.database.worker_unit() as unit:
        return {table: sorted(map(str, await _rows_of(unit, table))) for table in await _tables(bench)}


async def _counts(bench: Bench) -> dict[str, int]:
    return {table: len(rows) for table, rows in (await _rows(bench)).items()}


async def _changed(bench: Bench, before: Mapping[str, list[str]]) -> list[str]:
    after = await _rows(bench)
    return [
        f"{ELSEWHERE} changed rows of {HOME} in {table}; write in the unit of the door, which sees one city"
        for table, rows in after.items()
        if rows != before.get(table)
    ]


async def _secrets(bench: Bench) -> Secrets:
    """Ids, and texts that only somebody can have written: none that the module's own files hold."""
    own = "".join(
        file.read_bytes().decode(errors="replace")
        for folder in (files(bench.program.package), files(bench.program.package) / "pages")
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith((".py", ".html", ".toml"))
    )
    found = Secrets()
    async with bench.program.database.worker_unit() as unit:
        for table in await _tables(bench):
            for row in await _rows_of(unit, table):
                for column, value in row.items():
                    written = str(value)
                    if _ID.fullmatch(written):
                        found.ids[written] = table if column == "id" else found.ids.get(written, table)
                    elif isinstance(value, str) and _tells(value) and value not in own:
                        found.texts.add(value)
    return found


def _tells(value: str) -> bool:
    """Whether somebody wrote it: no word of a list, and no id, which is looked for by itself."""
    return len(value) >= LONG_ENOUGH and bool(_TELLING.search(value)) and _ID.search(value) is None


def _own_topics(bench: Bench) -> list[str]:
    names = Names(bench.program.name)
    return [names.events_topic, names.public_topic]


async def _migrate(bench: Bench, revision: str) -> None:
    """What is open was prepared for the tables as they were."""
    await bench.program.database.forget_connections()
    await migrate(bench.program.package, bench.program.settings, revision)
