"""Messages that were not understood, kept for the editor where the site has opted in.

MYOGUIDE_KEEP_UNUNDERSTOOD=1 keeps their redacted text and the day. As long as the conversation is
kept, they are deleted with it; then they lose their link to it, and go after `DAYS`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa

from myoguide.database import not_understood as table

VARIABLE = "MYOGUIDE_KEEP_UNUNDERSTOOD"
DAYS = 90
LONGEST = 300  # characters
UNLINKED = ""


@dataclass(frozen=True)
class Kept:
    day: date
    text: str


def is_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the site has opted in."""
    return environment.get(VARIABLE) == "1"


def texts_in(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """Of redacted events, the messages that were not understood."""
    found = []
    for event in events:
        if event.get("event") != "user":
            continue
        parsed, text = event.get("parse_data") or {}, (event.get("text") or "").strip()
        status = {e.get("entity"): e.get("value") for e in parsed.get("entities") or ()}
        if text and not text.startswith("/") and status.get("status") == "not_understood":
            found.append(text[:LONGEST])
    return found


def keep(connection: sa.engine.Connection, key: str, texts: Iterable[str]) -> None:
    """Adds messages of the conversation ``key``."""
    day = _today().isoformat()
    rows = [{"day": day, "key": key, "text": text} for text in texts]
    if rows:
        connection.execute(sa.insert(table), rows)


def forget(connection: sa.engine.Connection, key: str) -> None:
    """Deletes what is kept of a conversation."""
    connection.execute(sa.delete(table).where(table.c.key == key))


def let_go(connection: sa.engine.Connection, ended: Any) -> None:
    """Cuts the link to conversations (``ended``: a query of their keys); deletes what is old."""
    linked = sa.update(table).where(table.c.key.in_(ended))
    connection.execute(linked.values(key=UNLINKED))
    oldest = (_today() - timedelta(days=DAYS)).isoformat()
    connection.execute(sa.delete(table).where(table.c.day < oldest))


def kept_since(connection: sa.engine.Connection, since: date) -> tuple[Kept, ...] | None:
    """What is kept from ``since`` on; None if there is nothing and the site has not opted in."""
    chosen = sa.select(table).where(table.c.day >= since.isoformat())
    rows = connection.execute(chosen.order_by(table.c.day)).all()
    if not rows and not is_wanted():
        return None
    return tuple(Kept(date.fromisoformat(row.day), row.text) for row in rows)


def _today() -> date:
    return datetime.now(timezone.utc).date()
