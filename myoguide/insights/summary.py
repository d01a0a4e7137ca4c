"""The figures as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from myoguide.insights.figures import Figures, Row
from myoguide.insights.not_understood import VARIABLE

LINES = 10
WIDTH = 64


def summary(figures: Figures) -> str:
    """At most `LINES` lines of each list."""
    parts = [f"{figures.since} to {figures.until}: {figures.messages} messages"]
    if figures.is_empty:
        return f"{parts[0]}. Nothing was counted in this time."
    parts.append(_list("How turns ended", figures.outcomes))
    parts.append(_list("Topics asked", figures.topics))
    parts.append(_list("Questions asked", figures.questions))
    rated = (
        (f"{one.name} ({one.helpful.told} found it helpful)", one.unhelpful)
        for one in figures.judged
    )
    parts.append(_table("Answers rated unhelpful", rated))
    signs = ((f"{row.name} ({level})", row) for level, row in figures.signs)
    parts.append(_table("Escalations by sign", signs))
    if figures.not_understood is None:
        parts.append(f"Messages not understood are not kept here ({VARIABLE}=1 keeps them).")
    else:
        parts.append(_table("Messages not understood", figures.not_understood))
    return "\n\n".join(parts)


def _list(title: str, rows: Iterable[Row]) -> str:
    return _table(title, ((row.name, row) for row in rows))


def _table(title: str, rows: Iterable[tuple[str, Row]]) -> str:
    listed = list(rows)
    lines = [f"  {row.told:>7}  {_short(name)}" for name, row in listed[:LINES]]
    if len(listed) > LINES:
        lines.append(f"           and {len(listed) - LINES} more on the page")
    return "\n".join([title, *(lines or ["  none"])])


def _short(text: str) -> str:
    # A message may hold anything, a terminal's control characters too.
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= WIDTH else f"{plain[: WIDTH - 1]}…"
