"""Counts how turns ended, by hour; the event broker of ``endpoints.yml``.

A count says: in this hour, on this channel, so many turns ended with this status, about this topic
and aspect, with this sign; or that an answer was judged. No text, no conversation, no address, so
nothing in it can be traced to a person. A database that is away delays the counts; what a killed
server had not written yet (`WRITE_EVERY`) is lost.
"""

from __future__ import annotations

import logging
import threading
import time
from asyncio import AbstractEventLoop
from collections import Counter, OrderedDict
from dataclasses import astuple, dataclass
from typing import Any, Optional, Text

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.utils.endpoints import EndpointConfig

from myoguide.database import Away, database, turn_counts, upsert_of, url_from_environment

logger = logging.getLogger(__name__)

# Seconds. Whoever is answered in these milliseconds waits for them.
WRITE_EVERY = 10.0
HOUR = 3600
SLOTS = ("status", "topic", "aspect", "sign")
# Turns that are under way at once; more would be a leak.
MOST_OPEN = 10_000
# Different rows in memory while the database is away; then the rarest are dropped.
MOST_WAITING = 20_000


@dataclass(frozen=True)
class Row:
    """What is counted; the columns of ``turn_counts`` but the count. Empty: does not apply."""

    hour: int
    channel: str
    status: str
    topic: str
    aspect: str
    sign: str
    answer: str
    helpful: str


class StatusCounter(EventBroker):
    """Reads the stream of events turn by turn; writes sums in the background."""

    def __init__(self, url: Text | None = None, background: bool = True) -> None:
        self._database = database(url or url_from_environment())
        self._open: OrderedDict[Text, dict[Text, Text]] = OrderedDict()
        self._waiting: Counter[Row] = Counter()
        self._guard = threading.Lock()
        self._stopped = threading.Event()
        if background:
            threading.Thread(target=self._in_background, name="counts", daemon=True).start()

    @classmethod
    async def from_endpoint_config(
        cls, broker_config: EndpointConfig, event_loop: Optional[AbstractEventLoop] = None
    ) -> StatusCounter:
        return cls(broker_config.url)

    def publish(self, event: dict[Text, Any]) -> None:
        """Takes one event; a turn counts when the assistant listens again."""
        sender, kind = event["sender_id"], event.get("event")
        if kind == "user":
            self._open[sender] = _begun(event)
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        elif kind == "slot" and event.get("name") in SLOTS and sender in self._open:
            self._open[sender][event["name"]] = _label(event.get("value"))
        elif kind == "action" and event.get("name") == "action_listen" and sender in self._open:
            turn = self._open.pop(sender)
            hour = int(event.get("timestamp") or time.time()) // HOUR * HOUR
            self._add(Row(hour=hour, **turn))

    def flush(self) -> None:
        """Writes what was counted; `Away` leaves it for the next time."""
        with self._guard:
            counted, self._waiting = self._waiting, Counter()
        if not counted:
            return
        try:
            self._database.run(lambda c: _write(c, counted))
        except Exception:
            with self._guard:
                self._waiting.update(counted)
                self._waiting = Counter(dict(self._waiting.most_common(MOST_WAITING)))
            raise

    async def close(self) -> None:
        """The last counts, when the server stops."""
        self._stopped.set()
        try:
            self.flush()
        except Away:
            logger.warning("the last counts are lost: the database is away")

    def _add(self, row: Row) -> None:
        with self._guard:
            self._waiting[row] += 1

    def _in_background(self) -> None:
        while not self._stopped.wait(WRITE_EVERY):
            try:
                self.flush()
            except Away:
                continue
            except Exception as error:
                logger.error("the counts could not be written (%s)", type(error).__name__)


def _begun(event: dict[Text, Any]) -> dict[Text, Text]:
    parsed = event.get("parse_data") or {}
    feedback = parsed.get("feedback") or {}
    carried = {e["entity"]: e.get("value") for e in parsed.get("entities") or ()}
    return {
        "channel": _label(event.get("input_channel")),
        "answer": _label(feedback.get("answer")),
        # A reason belongs to a "no" that was counted before.
        "helpful": "" if feedback.get("reason") else _label(feedback.get("helpful"))[:3],
        **{name: _label(carried.get(name)) for name in SLOTS},
    }


def _label(value: Any) -> Text:
    """An id as we make them; anything else, such as words from a forged payload, is not kept."""
    if isinstance(value, str) and value and value.replace(".", "").replace("_", "").isalnum():
        return value.lower()[:40]
    return ""


def _write(connection: sa.engine.Connection, counted: Counter[Row]) -> None:
    """With one statement, prepared once: conversations wait for the database meanwhile.

    In the order of the rows, so that two servers never wait for each other's.
    """
    keys = [column.name for column in turn_counts.primary_key]
    rows = [
        {**dict(zip(keys, astuple(row), strict=True)), "count": number}
        for row, number in sorted(counted.items(), key=lambda item: astuple(item[0]))
    ]
    insert = upsert_of(connection)(turn_counts)
    more = {"count": turn_counts.c["count"] + insert.excluded["count"]}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=more), rows)
