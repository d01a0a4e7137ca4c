"""What came in from a messenger and what must still go out, kept until it is done.

A platform is told "received" at once, so from then on the message must not be lost: it is written
down first. What is done leaves nothing behind but the hash of its id, by which a second delivery is
known. Text, and the address that the reply goes to, are kept only while there is something to do.

SQLite beside the project, or PostgreSQL where several servers share the work.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

URL_VARIABLE = "MYOGUIDE_INBOX_URL"
FILE = Path("var") / "inbox.db"
# A platform may deliver again for this long (WhatsApp: seven days), so ids are known longer.
KNOWN_FOR = 8 * 86_400  # seconds
# After this the platforms take no reply (24-hour window).
WINDOW = 86_400  # seconds
# How long a server may hold a person's work without a sign of life.
LEASE = 120  # seconds

_TABLES = sa.MetaData()
_EVENTS = sa.Table(
    "inbox_event",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("event", sa.String(64), nullable=False),
    sa.Column("person", sa.String(64), nullable=False),
    sa.Column("place", sa.Float(53), nullable=False),
    sa.Column("arrived", sa.Float(53), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("body", sa.Text),
    sa.UniqueConstraint("channel", "event"),
    sa.Index("inbox_event_person", "person"),
)
_PARTS = sa.Table(
    "inbox_part",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("person", sa.String(64), nullable=False),
    sa.Column("until", sa.Float(53), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("inbox_part_person", "person"),
)
_LEASES = sa.Table(
    "inbox_lease",
    _TABLES,
    sa.Column("person", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(128), nullable=False),
    sa.Column("until", sa.Float(53), nullable=False),
)
_TAKE_LEASE = sa.text(
    "INSERT INTO inbox_lease (person, owner, until) VALUES (:person, :owner, :until) "
    "ON CONFLICT (person) DO UPDATE SET owner = excluded.owner, until = excluded.until "
    "WHERE inbox_lease.until < :now OR inbox_lease.owner = :owner"
)
_ADD_EVENT = sa.text(
    "INSERT INTO inbox_event (channel, event, person, place, arrived, tries, body) "
    "VALUES (:channel, :event, :person, :place, :arrived, 0, :body) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True)
class NewEvent:
    """Something a person did: hash of the platform's id, pseudonym, place among their events."""

    event: str
    person: str
    place: float
    body: dict[str, Any]


@dataclass(frozen=True)
class Event:
    """An event that waits for its answer. ``tries``: how often it was begun, this time included."""

    id: int
    event: str
    person: str
    tries: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A message that waits to be sent, until the platform takes no reply any more."""

    id: int
    until: float
    tries: int
    body: dict[str, Any]


def inbox_url() -> str:
    """Where the inbox is: the environment's, else a file under ``var/``."""
    given = os.environ.get(URL_VARIABLE, "").strip()
    if given:
        return given
    FILE.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{FILE}"


class Inbox:
    """The store of one channel. Every method is one transaction and blocks for it."""

    def __init__(
        self, channel: str, owner: str, url: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._channel = channel
        self._owner = owner
        self._clock = clock
        self._is_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = {"pool_pre_ping": True}
        if self._is_sqlite:
            options = {
                "poolclass": QueuePool,
                "pool_size": 1,
                "max_overflow": 0,
                "connect_args": {"check_same_thread": False, "timeout": 10},
            }
        self._engine = sa.create_engine(url, **options)
        if self._is_sqlite:
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
        _TABLES.create_all(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    # --- coming in

    def put(self, events: Sequence[NewEvent]) -> list[str]:
        """Writes the events down; returns the persons of those that were not known, in order."""
        new: dict[str, None] = {}
        with self._engine.begin() as db:
            for event in events:
                row = {
                    "channel": self._channel,
                    "event": event.event,
                    "person": event.person,
                    "place": event.place,
                    "arrived": self._clock(),
                    "body": json.dumps(event.body, ensure_ascii=False),
                }
                if db.execute(_ADD_EVENT, row).rowcount:
                    new[event.person] = None
        return list(new)

    # --- whose turn it is

    def take(self, person: str) -> bool:
        """Takes, or keeps, the person's work for this server; False if another one has it."""
        now = self._clock()
        row = {"person": person, "owner": self._owner, "now": now, "until": now + LEASE}
        with self._engine.begin() as db:
            return db.execute(_TAKE_LEASE, row).rowcount == 1

    def release(self, person: str) -> None:
        mine = sa.and_(_LEASES.c.person == person, _LEASES.c.owner == self._owner)
        with self._engine.begin() as db:
            db.execute(_LEASES.delete().where(mine))

    def take_over(self, is_dead: Callable[[str], bool]) -> None:
        """Drops the leases of servers that are no more."""
        with self._engine.begin() as db:
            owners = db.execute(sa.select(_LEASES.c.owner).distinct()).scalars().all()
            for owner in filter(is_dead, owners):
                db.execute(_LEASES.delete().where(_LEASES.c.owner == owner))

    def waiting(self) -> list[str]:
        """Persons with something to do that no server has taken."""
        alive = sa.select(_LEASES.c.person).where(_LEASES.c.until >= self._clock())
        pending = sa.union(
            sa.select(_EVENTS.c.person).where(
                _EVENTS.c.channel == self._channel, _EVENTS.c.body.is_not(None)
            ),
            sa.select(_PARTS.c.person).where(_PARTS.c.channel == self._channel),
        ).subquery()
        query = sa.select(pending.c.person).where(pending.c.person.not_in(alive))
        with self._engine.connect() as db:
            return list(db.execute(query).scalars())

    # --- the work

    def next_part(self, person: str) -> Part | None:
        """The oldest message to this person that is not sent yet."""
        query = sa.select(_PARTS).where(_PARTS.c.person == person).order_by(_PARTS.c.id).limit(1)
        with self._engine.connect() as db:
            row = db.execute(query).first()
        return Part(row.id, row.until, row.tries, json.loads(row.body)) if row else None

    def next_event(self, person: str) -> Event | None:
        """The oldest event of this person that is not answered yet, counted as begun."""
        query = (
            sa.select(_EVENTS)
            .where(_EVENTS.c.person == person, _EVENTS.c.body.is_not(None))
            .order_by(_EVENTS.c.place, _EVENTS.c.id)
            .limit(1)
        )
        with self._engine.begin() as db:
            row = db.execute(query).first()
            if row is None:
                return None
            tries = row.tries + 1
            db.execute(_EVENTS.update().where(_EVENTS.c.id == row.id).values(tries=tries))
        return Event(row.id, row.event, person, tries, json.loads(row.body))

    def answered(self, event: Event, parts: Sequence[dict[str, Any]]) -> None:
        """The event is done, its text forgotten, and ``parts`` are to be sent."""
        until = self._clock() + WINDOW
        with self._engine.begin() as db:
            db.execute(_EVENTS.update().where(_EVENTS.c.id == event.id).values(body=None))
            for part in parts:
                row = {
                    "channel": self._channel,
                    "person": event.person,
                    "until": until,
                    "tries": 0,
                    "body": json.dumps(part, ensure_ascii=False),
                }
                db.execute(_PARTS.insert().values(row))

    def sent(self, part: Part) -> None:
        """The part is done (sent, refused or too late)."""
        with self._engine.begin() as db:
            db.execute(_PARTS.delete().where(_PARTS.c.id == part.id))

    def not_sent(self, part: Part) -> None:
        """The part is to be tried again."""
        with self._engine.begin() as db:
            db.execute(_PARTS.update().where(_PARTS.c.id == part.id).values(tries=part.tries + 1))

    # --- housekeeping

    def prune(self) -> None:
        """Forgets ids that no platform delivers again, and what is too late to be answered."""
        now = self._clock()
        with self._engine.begin() as db:
            db.execute(_EVENTS.delete().where(_EVENTS.c.arrived < now - KNOWN_FOR))
            late = sa.and_(_EVENTS.c.arrived < now - WINDOW, _EVENTS.c.body.is_not(None))
            db.execute(_EVENTS.update().where(late).values(body=None))
            db.execute(_PARTS.delete().where(_PARTS.c.until < now))
            db.execute(_LEASES.delete().where(_LEASES.c.until < now - LEASE))
        if self._is_sqlite:
            with self._engine.connect() as db:
                # What was erased must not linger in the write-ahead log.
                db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Fast commits that survive a killed process; erased text is overwritten."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
