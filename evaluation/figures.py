"""What a scorer hands on: figures in tables, and misses. Terminal and report print the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from evaluation.share import Share, share

BARS_FILE = Path(__file__).parent / "bars.yml"


@dataclass(frozen=True)
class Figure:
    """``key`` is its name in bars.yml and for ``--fail-under``; empty for a detail."""

    label: str
    share: Share
    key: str = ""


@dataclass(frozen=True)
class Table:
    title: str
    figures: tuple[Figure, ...]
    note: str = ""


@dataclass(frozen=True)
class Miss:
    """A message that went wrong. ``weight``: how bad; the report lists the heaviest first."""

    id: str
    text: str
    expected: str
    got: str
    weight: float = 0.0


@dataclass(frozen=True)
class Measure:
    """A figure that is not a share, with its unit."""

    label: str
    value: float
    unit: str
    key: str = ""


@dataclass(frozen=True)
class Bar:
    """The bound a figure has to keep."""

    at_least: float | None = None
    at_most: float | None = None

    def met(self, value: float) -> bool:
        """False also for a figure that is not a number."""
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most

    def __str__(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}"


def read_bars(path: Path = BARS_FILE) -> dict[str, Bar]:
    """Bars by the key of their figure."""
    rows: Mapping[str, Mapping[str, float]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {key: Bar(**bar) for key, bar in rows.items()}


def grouped(pairs: Iterable[tuple[str, bool]], key: str = "") -> tuple[Figure, ...]:
    """One figure per group, in alphabetical order (numbers by size)."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for group, flag in pairs:
        groups[group].append(flag)
    return tuple(
        Figure(group, share(flags), f"{key}.{group}" if key else "")
        for group, flags in sorted(groups.items(), key=lambda item: _natural(item[0]))
    )


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Sort key that puts 5 before 11."""
    parts = re.findall(r"\d+|\D+", name)
    return [(p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts]


def by_key(tables: Iterable[Table]) -> dict[str, Figure]:
    """The figures that have a key."""
    return {f.key: f for table in tables for f in table.figures if f.key}
