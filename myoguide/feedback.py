"""Counts of "was this helpful?", by answer, verdict and reason. No text, no person, no time.

The table ``feedback_counts`` lies in the database of MYOGUIDE_DATABASE_URL. A failing database
loses a count and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import sqlalchemy as sa

from myoguide.database import database, url_from_environment
from myoguide.database import feedback_counts as _TABLE

logger = logging.getLogger(__name__)

NO_REASON = ""
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

    def add(connection: sa.engine.Connection) -> None:
        if later and reason is not None:
            _add(connection, answer, helpful, NO_REASON, -1)
        _add(connection, answer, helpful, reason or NO_REASON, 1)

    database(url_from_environment()).run(add)


def count_soon(answer: str, helpful: str, reason: str | None, later: bool) -> Future:
    """`count` in the background; a failure is logged and lost."""
    future = _LATER.submit(count, answer, helpful, reason, later)
    future.add_done_callback(_log_failure)
    return future


def counts() -> Iterator[Count]:
    """All counts, for the operator's figures."""
    chosen = sa.select(_TABLE).where(_TABLE.c["count"] > 0).order_by(_TABLE.c.answer)
    for row in database(url_from_environment()).run(lambda c: c.execute(chosen).all()):
        yield Count(*row)


def _add(connection: sa.engine.Connection, answer: str, helpful: str, reason: str, by: int) -> None:
    key = sa.and_(_TABLE.c.answer == answer, _TABLE.c.helpful == helpful, _TABLE.c.reason == reason)
    more = _TABLE.c["count"] + by
    changed = connection.execute(sa.update(_TABLE).where(key).values(count=more))
    if changed.rowcount == 0 and by > 0:
        values = {"answer": answer, "helpful": helpful, "reason": reason, "count": by}
        connection.execute(sa.insert(_TABLE).values(**values))


def _log_failure(future: Future) -> None:
    error = future.exception()
    if error is not None:
        logger.warning("a feedback count was lost: %s", type(error).__name__)
