"""A database of its own for each test, and a way to write counts into it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from myoguide.database import Database, feedback_counts, turn_counts

Count = Callable[..., None]
POSTGRES = os.environ.get("MYOGUIDE_TEST_DATABASE_URL")


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRES else ["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of an empty database; on PostgreSQL too where one is named for the tests."""
    found = f"sqlite:///{tmp_path / 'counts.db'}"
    if request.param == "postgresql":
        name = f"test_{uuid.uuid4().hex[:12]}"
        with sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        found = str(sa.engine.make_url(POSTGRES).set(database=name))
    monkeypatch.setenv("MYOGUIDE_DATABASE_URL", found)
    return found


@pytest.fixture
def source(url: str) -> Database:
    return Database(url)


@pytest.fixture
def count(source: Database) -> Count:
    """Writes how often a turn ended so, as the server does; ``at``: "2026-10-01 14:00" (UTC)."""

    def write(number: int, at: str = "2026-10-01 12:00", **named: str) -> None:
        hour = int(datetime.fromisoformat(at).replace(tzinfo=timezone.utc).timestamp())
        row = dict.fromkeys(("status", "topic", "aspect", "sign", "answer", "helpful"), "")
        row.update(channel="website", hour=hour, **named)
        source.run(lambda c: c.execute(sa.insert(turn_counts).values(**row, count=number)))

    return write


@pytest.fixture
def reason(source: Database) -> Count:
    def write(number: int, answer: str, why: str) -> None:
        row = {"answer": answer, "helpful": "no", "reason": why, "count": number}
        source.run(lambda c: c.execute(sa.insert(feedback_counts).values(**row)))

    return write
