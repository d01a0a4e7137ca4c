"""Counts of "was this helpful?", by answer, verdict and reason. No text, no person, no time.

The table ``feedback_counts`` lies in the database of MYOGUIDE_DATABASE_URL. A failing database
loses a count and nothing else.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa

logger = logging.getLogger(__name__)

NO_REASON = ""
_TABLE = sa.Table(
    "feedback_counts",
    sa.MetaData(),
    sa.Column("answer", sa.String(80), primary_key=True),
    sa.Column("helpful", sa.String(3), primary_key=True),
    sa.Column("reason", sa.String(20), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
# One thread: counts of one process come one after the other, and no reply waits for them.
_LATER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feedback")


@dataclass(frozen=True)
class Count:
    """How often ``answer`` was judged so; ``reason`` is empty where none was given."""

    answer: str
    helpful: str
    reason: str
    count: int


def count(answer: str, helpful: str, reason: str | None = None, later: bool = False) -> None:
    """Add one. ``later``: the reason belongs to a "no" that was counted before, and moves it."""
    with _engine(_url()).begin() as connection:
        if later and reason is not None:
            _add(connection, answer, helpful, NO_REASON, -1)
        _add(connection, answer, helpful, reason or NO_REASON, 1)


def count_soon(answer: str, helpful: str, reason: str | None, later: bool) -> Future:
    """`count` in the background; a failure is logged and lost."""
    future = _LATER.submit(count, answer, helpful, reason, later)
    future.add_done_callback(_log_failure)
    return future


def counts() -> Iterator[Count]:
    """All counts, for the operator's figures."""
    with _engine(_url()).connect() as connection:
        chosen = sa.select(_TABLE).where(_TABLE.c["count"] > 0).order_by(_TABLE.c.answer)
        for row in connection.execute(chosen):
            yield Count(*row)


def _add(connection: sa.engine.Connection, answer: str, helpful: str, reason: str, by: int) -> None:
    key = sa.and_(
        _TABLE.c.answer == answer, _TABLE.c.helpful == helpful, _TABLE.c.reason == reason
    )
    more = _TABLE.c["count"] + by
    changed = connection.execute(sa.update(_TABLE).where(key).values(count=more))
    if changed.rowcount == 0 and by > 0:
        values = {"answer": answer, "helpful": helpful, "reason": reason, "count": by}
        connection.execute(sa.insert(_TABLE).values(**values))


def _log_failure(future: Future) -> None:
    error = future.exception()
    if error is not None:
        logger.warning("a feedback count was lost: %s", type(error).__name__)


def _url() -> str:
    return os.environ.get("MYOGUIDE_DATABASE_URL", "sqlite:///var/conversations.db")


@lru_cache(maxsize=4)
def _engine(url: str) -> sa.engine.Engine:
    address = sa.engine.make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url)
    _TABLE.metadata.create_all(engine)
    return engine
