"""The database: SQLite beside the project, or PostgreSQL where MYOGUIDE_DATABASE_URL names one.

It may be away when the server starts and at any time after. Whoever asks then gets `Away` at once,
and the next attempt a moment later is the recovery: nothing has to be restarted.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

logger = logging.getLogger(__name__)

T = TypeVar("T")
URL_VARIABLE = "MYOGUIDE_DATABASE_URL"
DEFAULT_URL = "sqlite:///var/conversations.db"
# After a failure the database is left alone for so long, so that no reply waits for it; seconds.
LEFT_ALONE = 1.0
CONNECT_TIMEOUT = 2  # seconds
STATEMENT_TIMEOUT = 5  # seconds
BUSY_TIMEOUT = 2  # seconds, for SQLite's lock
# Pages of SQLite's log of changes (4 kB each) at which whoever writes moves them into the database:
# at SQLite's own 1,000 one reply in a hundred waits some milliseconds for that.
MOST_LOGGED = 4_000
# Any number that no other program takes for its advisory lock: one server migrates at a time.
MIGRATION_LOCK = 7_304_119

schema = sa.MetaData()
version_table = sa.Table("schema_version", schema, sa.Column("version", sa.Integer))
# One row a conversation. ``key``: see `myoguide.store.key_of`. ``stored``: how many events it has.
# ``active``: Unix time of the last message. ``state``: what the next turn needs, as JSON.
conversations = sa.Table(
    "conversations",
    schema,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("stored", sa.Integer, nullable=False),
    sa.Column("active", sa.Float, nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
)
# Rasa's events as JSON, redacted; ``position`` counts from 0 in each conversation.
conversation_events = sa.Table(
    "conversation_events",
    schema,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("data", sa.Text, nullable=False),
)
# How many turns ended so, by hour (Unix time of its beginning). No text, no conversation.
turn_counts = sa.Table(
    "turn_counts",
    schema,
    sa.Column("hour", sa.Integer, primary_key=True),
    sa.Column("channel", sa.String(40), primary_key=True),
    sa.Column("status", sa.String(40), primary_key=True),
    sa.Column("topic", sa.String(40), primary_key=True),
    sa.Column("aspect", sa.String(40), primary_key=True),
    sa.Column("sign", sa.String(80), primary_key=True),
    sa.Column("answer", sa.String(80), primary_key=True),
    sa.Column("helpful", sa.String(3), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
feedback_counts = sa.Table(
    "feedback_counts",
    schema,
    sa.Column("answer", sa.String(80), primary_key=True),
    sa.Column("helpful", sa.String(3), primary_key=True),
    sa.Column("reason", sa.String(20), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
# Messages not understood, redacted: see `myoguide.insights.not_understood`.
# ``key`` as in `conversations` as long as that is kept, then empty.
not_understood = sa.Table(
    "not_understood",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("day", sa.String(10), nullable=False, index=True),
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),
)


class Away(RuntimeError):
    """The database cannot be reached or cannot write. Its text never holds what was to be kept."""


class NewerSchema(RuntimeError):
    """The database was written by a newer version; the message says what to do."""


def _begin(connection: sa.engine.Connection) -> None:
    """Version 1: the tables above. Rasa's own table, used before, held texts as they were typed."""
    inspector = sa.inspect(connection)
    if "events" in inspector.get_table_names():
        columns = {column["name"] for column in inspector.get_columns("events")}
        if {"sender_id", "type_name", "intent_name", "action_name"} <= columns:
            connection.execute(sa.text("DROP TABLE events"))
    schema.create_all(connection)


def _not_understood(connection: sa.engine.Connection) -> None:
    """Version 2: the table of that name."""
    not_understood.create(connection, checkfirst=True)


# Each brings the schema from the version before to its own; the first makes version 1.
MIGRATIONS: tuple[Callable[[sa.engine.Connection], None], ...] = (_begin, _not_understood)


class Database:
    """Runs work in transactions; makes the tables when it is first reached."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.is_local = self.engine.dialect.name == "sqlite"
        self._migrated = False
        self._away_until = 0.0  # time.monotonic()

    def run(self, work: Callable[[sa.engine.Connection], T]) -> T:
        """What ``work`` returns, in one transaction; `Away` if it cannot be done now.

        `IntegrityError` is handed on: somebody else wrote the same row.
        """
        if time.monotonic() < self._away_until:
            raise Away("the database did not answer a moment ago")
        try:
            try:
                return self._once(work)
            except DBAPIError as error:
                # Connections of the pool that a restart of the database has cut.
                if not error.connection_invalidated:
                    raise
                self.engine.dispose()
                return self._once(work)
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError) as error:
            self._away_until = time.monotonic() + LEFT_ALONE
            raise Away(f"the database is away ({type(error).__name__})") from None

    def _once(self, work: Callable[[sa.engine.Connection], T]) -> T:
        with self.engine.begin() as connection:
            if not self._migrated:
                migrate(connection)
                self._migrated = True
            return work(connection)


def migrate(connection: sa.engine.Connection) -> None:
    """Brings the schema up to date; `NewerSchema` if it is ahead of this program."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
    version_table.create(connection, checkfirst=True)
    found = connection.execute(sa.select(version_table.c.version)).scalar() or 0
    if found > len(MIGRATIONS):
        raise NewerSchema(
            f"the database has schema version {found}, this program knows {len(MIGRATIONS)}: "
            f"update the program, or name another database in {URL_VARIABLE}"
        )
    if found == len(MIGRATIONS):
        return
    for number, step in enumerate(MIGRATIONS[found:], start=found + 1):
        step(connection)
        logger.info("database: schema version %d", number)
    connection.execute(sa.delete(version_table))
    connection.execute(sa.insert(version_table).values(version=len(MIGRATIONS)))


def upsert_of(connection: sa.engine.Connection) -> Callable[[sa.Table], Any]:
    """The database's own ``insert``, which can say what happens to a row that is there."""
    return {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[connection.dialect.name]


def url_from_environment() -> str:
    return os.environ.get(URL_VARIABLE) or DEFAULT_URL


@lru_cache(maxsize=4)
def database(url: str) -> Database:
    """The one `Database` of this process for ``url``."""
    return Database(url)


def _engine(url: str) -> sa.engine.Engine:
    # "postgres://" is what hosters hand out; SQLAlchemy knows the long form alone.
    if url.startswith("postgres://"):
        url = "postgresql" + url.removeprefix("postgres")
    address = sa.engine.make_url(url)
    backend = address.get_backend_name()
    if backend == "sqlite":
        return _sqlite(address)
    if backend != "postgresql":
        raise ValueError(f"{URL_VARIABLE} names {backend}: use sqlite:///file or postgresql://...")
    return sa.create_engine(
        address,
        hide_parameters=True,
        pool_size=5,
        max_overflow=5,
        pool_timeout=CONNECT_TIMEOUT,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT * 1000}",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": STATEMENT_TIMEOUT * 1000,
            "application_name": "myoguide",
        },
    )


def _sqlite(address: sa.engine.URL) -> sa.engine.Engine:
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        address,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=2,
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def set_up(connection, _) -> None:
        connection.isolation_level = None  # transactions begin below, not when the driver likes
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute(f"PRAGMA wal_autocheckpoint={MOST_LOGGED}")
        # What is deleted is overwritten in the file.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
