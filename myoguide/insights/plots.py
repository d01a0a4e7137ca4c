"""Plots as SVG that stands in the page: no script, the page's own colours, each bar with a title.

What a plot shows also stands in a table beside it, so a plot is one picture to a screen reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from myoguide.insights.figures import Row

WIDTH = 640
BAR, GAP = 18, 8
NAMES = 250  # room for the names on the left
LONGEST_NAME = 40
HEIGHT = 90  # of a plot over time, without its axis
AXIS = 16
LEAST_SCALE = 10


def bars(title: str, rows: Sequence[Row]) -> str:
    """Horizontal bars, one for each row, with its count at the end."""
    most = _scale(rows)
    room = WIDTH - NAMES - 60
    parts = []
    for place, row in enumerate(rows):
        y = place * (BAR + GAP)
        length = max(2, round(room * row.drawn / most))
        parts.append(
            f'<text class="name" x="{NAMES - 10}" y="{y + 13}">{escape(_short(row.name))}</text>'
            f'<rect class="{_kind(row)}" x="{NAMES}" y="{y}" width="{length}" height="{BAR}" '
            f'rx="3"><title>{escape(row.name)}: {escape(row.told)}</title></rect>'
            f'<text x="{NAMES + length + 8}" y="{y + 13}">{escape(row.told)}</text>'
        )
    return _svg(title, len(rows) * (BAR + GAP), parts)


def columns(title: str, rows: Sequence[Row], ends: tuple[str, str]) -> str:
    """Counts over time; ``ends``: what stands below the first and the last."""
    most = _scale(rows)
    step = WIDTH / max(1, len(rows))
    parts = []
    for place, row in enumerate(rows):
        if row.count == 0:
            continue
        height = max(2, round((HEIGHT - 14) * row.drawn / most))
        width = max(1.0, step * 0.8)
        parts.append(
            f'<rect class="{_kind(row)}" x="{place * step + step * 0.1:.1f}" '
            f'y="{HEIGHT - height}" width="{width:.1f}" height="{height}">'
            f"<title>{escape(row.name)}: {escape(row.told)}</title></rect>"
        )
    highest = max(rows, key=lambda row: row.drawn, default=None)
    scale = highest.told if highest is not None else "0"
    parts.append(
        f'<line x1="0" y1="{HEIGHT}" x2="{WIDTH}" y2="{HEIGHT}"/>'
        f'<text x="0" y="10">most: {escape(scale)}</text>'
        f'<text x="0" y="{HEIGHT + AXIS - 2}">{escape(ends[0])}</text>'
        f'<text class="end" x="{WIDTH}" y="{HEIGHT + AXIS - 2}">{escape(ends[1])}</text>'
    )
    return _svg(title, HEIGHT + AXIS, parts)


def _scale(rows: Sequence[Row]) -> int:
    """The count that fills the plot; few counts do not look like many."""
    return max([LEAST_SCALE, *(row.drawn for row in rows)])


def _kind(row: Row) -> str:
    return "small" if row.is_small else "bar"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg role="img" aria-label="{escape(title, quote=True)}" '
        f'viewBox="0 0 {WIDTH} {height}" xmlns="http://www.w3.org/2000/svg">'
        + "".join(parts)
        + "</svg>"
    )
