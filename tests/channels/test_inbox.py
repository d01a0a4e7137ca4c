"""The inbox: what is in it, for whom, and what is left of it."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from myoguide.channels.delivery import is_dead, new_owner
from myoguide.channels.inbox import KNOWN_FOR, LEASE, WINDOW, Inbox, NewEvent


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "inbox.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, file: Path) -> Iterator[str]:
    """An empty inbox of each kind; PostgreSQL where MYOGUIDE_TEST_DATABASE_URL names a database."""
    if request.param == "sqlite":
        yield f"sqlite:///{file}"
        return
    database = os.environ.get("MYOGUIDE_TEST_DATABASE_URL")
    if not database:
        pytest.skip("MYOGUIDE_TEST_DATABASE_URL names no database")
    schema = f"inbox_{uuid.uuid4().hex}"
    engine = sa.create_engine(database)
    with engine.begin() as db:
        db.execute(sa.schema.CreateSchema(schema))
    yield f"{database}?options=-csearch_path%3D{schema}"
    with engine.begin() as db:
        db.execute(sa.schema.DropSchema(schema, cascade=True))
    engine.dispose()


def opened(url: str, clock: Clock, owner: str = "me", channel: str = "telegram") -> Inbox:
    return Inbox(channel, owner, url, clock)


def event(name: str, person: str = "ada", place: float = 0.0) -> NewEvent:
    return NewEvent(name, person, place, {"text": f"said in {name}"})


def test_an_event_is_new_once_also_after_a_restart(url: str, clock: Clock) -> None:
    inbox = opened(url, clock)
    assert inbox.put([event("e1"), event("e1"), event("e2", "bob")]) == ["ada", "bob"]
    inbox.close()
    assert opened(url, clock).put([event("e1")]) == []


def test_the_same_id_on_two_channels_is_two_events(url: str, clock: Clock) -> None:
    assert opened(url, clock).put([event("e1")]) == ["ada"]
    assert opened(url, clock, channel="whatsapp").put([event("e1")]) == ["ada"]


def test_events_of_a_person_come_in_their_order(url: str, clock: Clock) -> None:
    inbox = opened(url, clock)
    inbox.put([event("late", place=3), event("early", place=1), event("other", "bob", 0)])
    inbox.put([event("middle", place=2)])
    found = []
    while (following := inbox.next_event("ada")) is not None:
        found.append(following.event)
        inbox.answered(following, [])
    assert found == ["early", "middle", "late"]


def test_an_answered_event_leaves_its_parts_in_order(url: str, clock: Clock) -> None:
    inbox = opened(url, clock)
    inbox.put([event("e1")])
    following = inbox.next_event("ada")
    assert following is not None
    inbox.answered(following, [{"n": 1}, {"n": 2}])
    found = []
    while (part := inbox.next_part("ada")) is not None:
        found.append(part.body["n"])
        inbox.sent(part)
    assert found == [1, 2]
    assert inbox.next_event("ada") is None


def test_an_event_that_was_begun_is_counted(url: str, clock: Clock) -> None:
    inbox = opened(url, clock)
    inbox.put([event("e1")])
    tries = [following.tries for _ in range(3) if (following := inbox.next_event("ada"))]
    assert tries == [1, 2, 3]


def test_one_server_at_a_time_works_for_a_person(url: str, clock: Clock) -> None:
    one, other = opened(url, clock, "one"), opened(url, clock, "other")
    one.put([event("e1")])
    assert other.waiting() == ["ada"]
    assert one.take("ada") and one.take("ada")
    assert not other.take("ada") and other.waiting() == []
    other.release("ada")
    assert not other.take("ada")
    one.release("ada")
    assert other.take("ada")


def test_the_work_of_a_silent_server_is_taken_over(url: str, clock: Clock) -> None:
    one, other = opened(url, clock, "one"), opened(url, clock, "other")
    one.put([event("e1")])
    one.take("ada")
    clock.now += LEASE + 1
    assert other.waiting() == ["ada"] and other.take("ada")


def test_the_work_of_a_dead_server_is_taken_over_at_once(url: str, clock: Clock) -> None:
    one, other = opened(url, clock, "one"), opened(url, clock, "other")
    one.put([event("e1")])
    one.take("ada")
    other.take_over(lambda owner: owner == "one")
    assert other.take("ada")


def test_a_process_that_is_gone_is_dead_and_one_elsewhere_is_not_known() -> None:
    me = new_owner()
    host, process, _ = me.rsplit(":", 2)
    assert not is_dead(me, me)
    assert is_dead(f"{host}:{process}:beef", me)
    assert is_dead(f"{host}:4194305:beef", me)
    assert not is_dead(f"{host}:1:beef", me)
    assert not is_dead(f"elsewhere:{process}:beef", me)


def test_what_is_too_late_is_forgotten_and_ids_after_their_time(url: str, clock: Clock) -> None:
    inbox = opened(url, clock)
    inbox.put([event("e1"), event("e2", "bob")])
    following = inbox.next_event("bob")
    assert following is not None
    inbox.answered(following, [{"n": 1}])
    clock.now += WINDOW + 1
    inbox.prune()
    assert inbox.waiting() == []
    assert inbox.put([event("e1")]) == []
    clock.now += KNOWN_FOR
    inbox.prune()
    assert inbox.put([event("e1")]) == ["ada"]


def test_the_file_of_an_inbox_holds_no_text_of_what_is_done(file: Path, clock: Clock) -> None:
    inbox = opened(f"sqlite:///{file}", clock)
    inbox.put([event("e1")])
    following = inbox.next_event("ada")
    assert following is not None
    inbox.answered(following, [])
    inbox.prune()
    inbox.close()
    kept = b"".join(path.read_bytes() for path in file.parent.glob("inbox.db*"))
    assert b"said in" not in kept


def test_what_was_put_is_there_for_another_process_at_once(file: Path, clock: Clock) -> None:
    inbox = opened(f"sqlite:///{file}", clock)
    inbox.put([event("e1")])
    # Read as another process would, while the first never closed the file.
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT count(*) FROM inbox_event WHERE body IS NOT NULL").fetchone()[0]
