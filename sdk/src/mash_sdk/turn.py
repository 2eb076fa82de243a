# SPDX-License-Identifier: EUPL-1.2
"""Work that one of all processes does at a time: who holds its advisory lock, while the connection lives."""

from collections.abc import Callable
from typing import Final

import asyncpg
from sqlalchemy.engine import make_url

from mash_sdk.bell import Bell

_LOCK: Final = "select pg_advisory_lock(hashtextextended($1, 0))"


def channel_of(schema: str, work: str) -> str:
    """The name of a schema's work: of its lock, and of the channel on which who does it is called."""
    return f"{schema}.{work}"


class Turn:
    """The right to do a piece of work, until `end()` or until the connection is lost."""

    def __init__(self, connection: asyncpg.Connection, bell: Bell, called: Callable[[], None]) -> None:
        self.connection = connection
        self._bell = bell
        self._called = called

    @property
    def lost(self) -> bool:
        """Whether it may be another's by now."""
        return self.connection.is_closed()

    def end(self) -> None:
        """Let the next one have it. It ends at once: PostgreSQL lets the lock go with the connection."""
        self._bell.leave(self._called)
        self.connection.terminate()


async def take(dsn: str, schema: str, work: str, bell: Bell, called: Callable[[], None]) -> Turn:
    """See Database.turn."""
    connection = await asyncpg.connect(
        make_url(dsn).set(drivername="postgresql").render_as_string(hide_password=False),
        timeout=5,
        server_settings={
            "application_name": f"mash {schema} {work}",
            "search_path": schema,
            # A connection whose other side is gone is noticed soon.
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    )
    turn = Turn(connection, bell, called)
    try:
        name = channel_of(schema, work)
        await connection.execute(_LOCK, name, timeout=None)
        connection.add_termination_listener(lambda *_: called())
        await connection.add_listener(name, lambda *_: called())
    except BaseException:
        turn.end()
        raise
    bell.answer(called)
    return turn
