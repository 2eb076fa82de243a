# SPDX-License-Identifier: EUPL-1.2
"""`./mash events`: watch facts go by, see what failed and why, bring a dead key back in order."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.json_format import MessageToDict
from sqlalchemy import RowMapping

from mash_sdk.database import Database
from mash_sdk.events import Envelope, event_type, header_texts, open_envelope
from mash_sdk.kafka import KafkaBroker, Record
from mash_sdk.kafka.dead import ATTEMPTS, REASON, brought_back, outstanding, place_of
from mash_sdk.kafka.parking import Parking
from mash_sdk.names import Names
from mash_sdk.problems import Unavailable, Unreadable
from mash_sdk.settings import Settings
from mash_sdk.streams import stream_types
from mash_tools.platform.modules import services
from mash_tools.platform.reach import port_of, worker_dsn
from mash_tools.problems import LauncherError
from mash_tools.realms.access import DATA, typed_path


@dataclass(frozen=True, slots=True)
class Platform:
    """Where a platform's broker and databases are: from the environment, else from its data folder."""

    data: Path
    environ: Mapping[str, str]

    def broker(self) -> KafkaBroker:
        where = self.environ.get("MASH_KAFKA") or f"127.0.0.1:{port_of(self.data, 'kafka')}"
        return KafkaBroker(where, "mash-events")

    def parking(self, group: str) -> tuple[Database, Parking]:
        dsn = worker_dsn(self.data, self.environ, Names(group))
        # Only the worker's way into the database is needed here, none of a service's other settings.
        settings = Settings.model_construct(postgres=dsn, postgres_worker=dsn)
        database = Database(settings, group)
        return database, Parking(database, group)


def main(argv: list[str]) -> int:
    """0 when done, 1 when a replay found nothing, 2 when the platform cannot be reached."""
    parser = argparse.ArgumentParser(prog="./mash events", description=__doc__)
    parser.add_argument(
        "--data", type=typed_path, default=DATA, metavar="DIR", help="data folder of ./mash up"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    tail = commands.add_parser("tail", help="show facts as they happen")
    tail.add_argument("service", nargs="*", help="only of these services")
    tail.add_argument("--all", action="store_true", help="also what happened before")
    tail.add_argument("--once", action="store_true", help="end when all that is there was shown")
    tail.add_argument("--journey", help="only of this journey")
    dlq = commands.add_parser("dlq", help="show what failed, and why")
    dlq.add_argument("group", nargs="*", help="only of these groups (a group is a service's name)")
    replay = commands.add_parser("replay", help="let what is dead be tried again, in order")
    replay.add_argument("group")
    replay.add_argument("--key", help="only this aggregate's; without it, all keys of the group")
    asked = parser.parse_args(argv)
    platform = Platform(asked.data, os.environ)
    run = {"tail": _tail, "dlq": _dlq, "replay": _replay}[asked.command]
    try:
        code = asyncio.run(run(platform, asked))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        # Whoever read has seen enough (`| head`). What is still buffered must not fail again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (LauncherError, Unavailable) as err:
        print(err, file=sys.stderr)
        return 2
    return code


async def _tail(platform: Platform, asked: argparse.Namespace) -> int:
    topics = [Names(name).events_topic for name in asked.service or _services()]
    broker = platform.broker()
    there = await broker.topics()
    topics = [topic for topic in topics if topic in there]
    if not topics:
        raise LauncherError("The broker has none of these topics yet; do the services run?")
    now = asked.all or asked.once
    async with aclosing(broker.follow(topics)) as records:
        async for record in records:
            if record is None:
                if asked.once:
                    break
                now = True
            elif now:
                line = shown(record, asked.journey)
                if line:
                    print(line, flush=True)
    return 0


def shown(record: Record, journey: str | None = None) -> str:
    """A record as one line. Events hold no personal data; what is no event of the contract shows its size."""
    try:
        envelope = Envelope.read(record.key, record.value, record.headers)
    except Unreadable as err:
        return f"{record.topic}/{record.partition}@{record.offset}  unreadable: {err.detail}"
    if journey not in (None, envelope.journey):
        return ""
    kind = event_type(envelope.type)
    content = f"{len(envelope.value)} bytes of an unknown type"
    if kind is not None:
        try:
            event = open_envelope(envelope, kind)
            content = json.dumps(MessageToDict(event, preserving_proto_field_name=True), ensure_ascii=False)
        except Unreadable as err:
            content = err.detail
    time = envelope.time.astimezone().isoformat(sep=" ", timespec="milliseconds")
    return f"{time}  {envelope.tenant:<11} {envelope.type.removeprefix('mash.'):<36} {content}"


async def _dlq(platform: Platform, asked: argparse.Namespace) -> int:
    for group in asked.group or _services():
        database, parking = platform.parking(group)
        try:
            rows = await parking.all()
        finally:
            await database.close()
        letters = await _letters(platform.broker(), Names(group).dlq_topic)
        print(f"{group}: {_counted(rows)}, {len(letters)} dead letters")
        print("".join(f"  {line}\n" for line in (*map(_parked, rows), *map(_letter, letters))), end="")
    return 0


async def _letters(broker: KafkaBroker, topic: str) -> list[Record]:
    """The dead letters that nobody has brought back."""
    found: list[Record] = []
    if topic in await broker.topics():
        async with aclosing(broker.follow([topic])) as records:
            async for record in records:
                if record is None:
                    break
                found.append(record)
    return outstanding(found)


def _letter(record: Record) -> str:
    about = header_texts(record.headers)
    key = (record.key or b"").decode(errors="replace")
    return (
        f"letter   {about.get('ce_type', '?')} {key}  {about.get(ATTEMPTS)} tries  {place_of(record)}"
        f"  {about.get(REASON)}"
    )


def _parked(row: RowMapping) -> str:
    when = f"next try {row['next_try']:%Y-%m-%d %H:%M:%S} UTC" if row["state"] == "waiting" else "dead"
    state = when if row["head"] else "behind"
    return f"parked   {row['type']} {row['key']}  {row['attempts']} tries  {state}  {row['reason']}"


def _counted(rows: Sequence[RowMapping]) -> str:
    dead = sum(row["state"] == "dead" for row in rows)
    return f"{len(rows)} parked, {dead} of them dead"


async def _replay(platform: Platform, asked: argparse.Namespace) -> int:
    database, parking = platform.parking(asked.group)
    try:
        count = await parking.replay(asked.key)
    finally:
        await database.close()
    messages = await _send_again(platform.broker(), asked.group, asked.key)
    if not count and not messages:
        print(f"{asked.group} has nothing dead{' of that key' if asked.key else ''}.", file=sys.stderr)
        return 1
    if count:
        print(f"{count} dead events of {asked.group} are tried again; those of their keys follow in order.")
    if messages:
        print(f"{messages} dead messages of streams are on their topics again, for {asked.group} to read.")
    return 0


async def _send_again(broker: KafkaBroker, group: str, key: str | None) -> int:
    """Streams' messages have nobody waiting behind them: their letters go back onto the topic they came from.

    First the message, then the note that it was sent: cut off in between it is sent twice, and its reader
    knows messages by their ids.
    """
    letters = [
        letter
        for letter in await _letters(broker, Names(group).dlq_topic)
        if header_texts(letter.headers).get("ce_type") in stream_types()
        and key in (None, (letter.key or b"").decode(errors="replace"))
    ]
    try:
        for letter in letters:
            message, note = brought_back(letter)
            await broker.send([message])
            await broker.send([note])
    finally:
        await broker.close()
    return len(letters)


def _services() -> list[str]:
    return [module.manifest.name for module in services()]
