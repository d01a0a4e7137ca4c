"""Prints the figures in the terminal, and writes them as Markdown with plots."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation import plots
from evaluation.figures import Bar, Figure, Measure, Miss, Table, by_key, read_bars
from evaluation.run import Scored
from evaluation.sets import Sets
from evaluation.share import Share
from evaluation.understanding import calibration, calibration_error, topic_confusion

MOST_MISSES = 40
TITLES = {
    "understanding": "Understanding: single questions",
    "dialogues": "Understanding: dialogues",
    "scope": "Knowing what it does not know",
    "safety": "Safety",
    "redaction": "Redaction of personal data",
}
# Figures in which the baselines are set beside the assistant, by part.
COMPARED = {
    "understanding": ("info.topic", "info.aspect", "info.both", "info.turned_away"),
    "dialogues": ("dialogues.both", "dialogues.later"),
    "scope": ("scope.reply",),
    "safety": (
        "safety.emergency",
        "safety.urgent",
        "safety.routine",
        "safety.under",
        "safety.over",
        "safety.false_alarms",
        "info.false_alarms",
        "safety.dialogues",
    ),
}
OURS = "Myoguide"


@dataclass(frozen=True)
class Result:
    """One run. ``baselines`` by name; ``notes`` say what was not measured, and why.

    ``state``: fingerprint of the data, code, encoder and model that were measured.
    """

    sets: Sets
    ours: Scored
    baselines: Mapping[str, Scored]
    measures: Sequence[Measure]
    notes: Sequence[str]
    seconds: float
    state: str = ""


def as_text(result: Result) -> str:
    """The tables for a terminal."""
    bars = read_bars()
    blocks = []
    for table in result.ours.all_tables:
        rows = [_cells(figure, bars.get(figure.key)) for figure in table.figures]
        blocks.append(_text_table(table.title, rows))
    if result.measures:
        rows = [_measure_cells(measure, bars.get(measure.key)) for measure in result.measures]
        blocks.append(_text_table("Speed", rows))
    for part, names in _compared(result).items():
        blocks.append(
            _text_table(f"Beside the baselines: {part}", _comparison(result, part, names))
        )
    blocks.extend(result.notes)
    blocks.append(f"Measured in {result.seconds:.0f} s.")
    return "\n" + "\n\n".join(blocks) + "\n"


def _text_table(title: str, rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join([title, *(f"  {line.rstrip()}" for line in lines)])


def write_report(result: Result, path: Path) -> None:
    """Writes the report, and its plots into the folder beside it that bears its name."""
    folder = path.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    bars = read_bars()
    lines = [
        "# Evaluation",
        "",
        "Written by `make evaluate`; do not edit. It starts the assistant, sends it every message "
        "of [the evaluation sets](../evaluation/sets) over REST and reads what it decided from "
        "the tracker. How each figure is counted: [evaluation/README.md](../evaluation/README.md). "
        "Every share has its count and its 95% Wilson interval.",
        "",
        f"State measured: `{result.state[:16]}` (SHA-256 over data, code, encoder and model).",
        "",
        *_summary(result, bars),
    ]
    for part, tables in result.ours.tables.items():
        lines += ["", f"## {TITLES[part]}"]
        for table in tables:
            lines += ["", *_markdown(table, bars)]
        if part == "understanding":
            lines += _plots_of_understanding(result, folder)
        names = _compared(result).get(part)
        if names:
            lines += [
                "",
                "### Beside the baselines",
                "",
                *_comparison_markdown(result, part, names),
            ]
            if part == "safety":
                keys = COMPARED["safety"][:3]
                shares = _shares(result, names, keys)
                plots.recall(shares, ("emergency", "urgent", "routine"), folder / "safety.svg")
                lines += ["", f"![Recall by level, beside the baselines]({folder.name}/safety.svg)"]
        misses = result.ours.misses.get(part, ())
        if misses:
            lines += ["", "### Hardest misses", "", *_misses(misses)]
    if result.notes:
        lines += ["", "## Notes", "", *(f"- {note}" for note in result.notes)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _summary(result: Result, bars: Mapping[str, Bar]) -> list[str]:
    figures = by_key(result.ours.all_tables)
    rows = [_cells(figures[key], bars[key]) for key in bars if key in figures]
    rows += [_measure_cells(m, bars[m.key]) for m in result.measures if m.key in bars]
    head = ("what", "measured", "count", "95% interval", "bar", "")
    return ["## Against the bars", "", *_rows(head, rows)]


def _plots_of_understanding(result: Result, folder: Path) -> list[str]:
    items, said = result.sets.info, result.ours.said
    lines = []
    bins = calibration(items, said)
    if bins:
        plots.reliability(bins, folder / "calibration.svg")
        rows = [(f"{b.confidence:.2f}", f"{b.right:.2f}", str(b.count)) for b in bins]
        lines += [
            "",
            "### Calibration of the topic's confidence",
            "",
            f"![Reliability of the topic's confidence]({folder.name}/calibration.svg)",
            "",
            f"Expected calibration error {calibration_error(bins):.3f}.",
            "",
            *_rows(("mean confidence", "share right", "messages"), rows),
        ]
    confusion = topic_confusion(items, said)
    if confusion.rows:
        plots.confusion(confusion, folder / "confusion.svg")
        wrong = sorted(
            ((label, got, n) for (label, got), n in confusion.counts.items() if label != got),
            key=lambda row: (-row[2], row[0], row[1]),
        )
        lines += [
            "",
            "### Confused topics",
            "",
            f"![Labelled and chosen topics, where they differ]({folder.name}/confusion.svg)",
            "",
            *_rows(("labelled", "chosen", "messages"), [(a, b, str(n)) for a, b, n in wrong]),
        ]
    return lines


def _compared(result: Result) -> dict[str, list[str]]:
    """The baselines that were measured, by part."""
    parts = {
        part: [name for name, scored in result.baselines.items() if part in scored.tables]
        for part in result.ours.tables
    }
    return {part: names for part, names in parts.items() if names}


def _shares(result: Result, names: Iterable[str], keys: Sequence[str]) -> dict[str, list[Share]]:
    """The figures ``keys`` of the assistant and of the baselines ``names``."""
    scored = {OURS: result.ours, **{name: result.baselines[name] for name in names}}
    return {
        name: [by_key(each.all_tables)[key].share for key in keys] for name, each in scored.items()
    }


def _comparison(result: Result, part: str, names: Sequence[str]) -> list[tuple[str, ...]]:
    figures = by_key(result.ours.all_tables)
    keys = [key for key in COMPARED[part] if key in figures]
    shares = _shares(result, names, keys)
    head = ("", *shares)
    return [
        head,
        *(
            (figures[key].label, *(_short(row[i]) for row in shares.values()))
            for i, key in enumerate(keys)
        ),
    ]


def _comparison_markdown(result: Result, part: str, names: Sequence[str]) -> list[str]:
    head, *rows = _comparison(result, part, names)
    return _rows(head, rows)


def _short(share: Share) -> str:
    low, high = share.interval
    return f"{_number(share.value)} ({low:.2f}-{high:.2f})"


def _cells(figure: Figure, bar: Bar | None) -> tuple[str, ...]:
    low, high = figure.share.interval
    value = figure.share.value
    return (
        figure.label,
        _number(value),
        f"{figure.share.hits}/{figure.share.of}",
        f"{low:.2f}-{high:.2f}",
        str(bar) if bar else "",
        _verdict(bar, value),
    )


def _measure_cells(measure: Measure, bar: Bar | None) -> tuple[str, ...]:
    value = f"{measure.value:.3g} {measure.unit}"
    return (measure.label, value, "", "", str(bar) if bar else "", _verdict(bar, measure.value))


def _verdict(bar: Bar | None, value: float) -> str:
    if bar is None:
        return ""
    return "met" if bar.met(value) else "NOT MET"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _markdown(table: Table, bars: Mapping[str, Bar]) -> list[str]:
    barred = any(figure.key in bars for figure in table.figures)
    width = 6 if barred else 4
    head = ("what", "share", "count", "95% interval", "bar", "")[:width]
    rows = [_cells(figure, bars.get(figure.key))[:width] for figure in table.figures]
    note = [table.note, ""] if table.note else []
    return [f"### {table.title}", "", *note, *_rows(head, rows)]


def _misses(misses: Iterable[Miss]) -> list[str]:
    ranked = sorted(misses, key=lambda miss: -miss.weight)
    rows = [(miss.id, miss.text, miss.expected, miss.got) for miss in ranked[:MOST_MISSES]]
    left = len(ranked) - len(rows)
    more = ["", f"And {left} more."] if left else []
    return [*_rows(("id", "message", "right", "what it did"), rows), *more]


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(_cell(str(cell)) for cell in line) + " |" for line in lines]


def _cell(text: str) -> str:
    """Text that stays in its cell."""
    return text.replace("|", "\\|").replace("\n", " ")
