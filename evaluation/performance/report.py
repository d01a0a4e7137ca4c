"""Ratios with their spread as a table, as a page with plots, and against the bars."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt  # noqa: E402

from evaluation.figures import Bar  # noqa: E402
from evaluation.plots import COLOURS, STYLE  # noqa: E402

# Key: what it is called, its unit. The order is that of the report.
ROWS = {
    "rest.p50": ("reply over REST, median", "ms"),
    "rest.p95": ("reply over REST, 95th percentile", "ms"),
    "rest.p99": ("reply over REST, 99th percentile", "ms"),
    "socket.p50": ("reply over the socket, median", "ms"),
    "socket.p95": ("reply over the socket, 95th percentile", "ms"),
    "socket.p99": ("reply over the socket, 99th percentile", "ms"),
    "throughput.8": ("8 people at once", "replies/s"),
    "throughput.32": ("32 people at once", "replies/s"),
    "conversation.first": ("messages 2 to 11 of one conversation, median", "ms"),
    "conversation.last": ("the last 10 of the same conversation, median", "ms"),
    "memory.rest": ("memory at rest, all processes", "MB"),
    "memory.later": ("memory after 2,000 messages, all processes", "MB"),
    "cold_start": ("cold start to first answer", "s"),
    "training.nothing": ("training from nothing, same data", "s"),
}
# Of ours alone.
ALONE = {
    "conversation.growth": ("last messages of a long conversation against its first", "times"),
    "training.answer": ("training after one changed answer text", "s"),
}


@dataclass
class Result:
    """Figures of each round by key; ``stages``: milliseconds; ``notes``: sentences."""

    ours: dict[str, list[float]] = field(default_factory=dict)
    stock: dict[str, list[float]] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    about: str = ""

    def add(self, side: str, found: Mapping[str, float]) -> None:
        """Adds the figures of one round of "ours" or "stock"."""
        for key, value in found.items():
            getattr(self, side).setdefault(key, []).append(value)

    def ratios(self, key: str) -> list[float]:
        """Ours to stock, round by round."""
        pairs = zip(self.ours.get(key, ()), self.stock.get(key, ()), strict=False)
        return [ours / stock for ours, stock in pairs]

    def judged(self, key: str) -> list[float]:
        """What the bar of ``key`` is held against."""
        return self.ours.get(key, []) if key in ALONE else self.ratios(key)


def failures(result: Result, bars: Mapping[str, Bar], room: float) -> list[str]:
    """One line for each bar that is missed by more than the ``room`` (1.2: by a fifth)."""
    lines = []
    for key, bar in bars.items():
        values = result.judged(key)
        if not values:
            continue
        middle = statistics.median(values)
        wide = (
            Bar(at_least=bar.at_least / room)
            if bar.at_least is not None
            else Bar(at_most=(bar.at_most or 0) * room)
        )
        if not wide.met(middle):
            lines.append(f"{key} is {middle:.2f}, the bar is {bar} (with room: {wide})")
    return lines


def table(result: Result, bars: Mapping[str, Bar]) -> list[list[str]]:
    """Rows of cells, the head first; median and, in brackets, least to greatest of the rounds."""
    rows = [["what", "stock", "Myoguide", "ratio", "bar", ""]]
    for key, (label, unit) in ROWS.items():
        if key in result.ours:
            ratios = result.ratios(key)
            rows.append(
                [
                    label,
                    _spread(result.stock.get(key, ()), unit),
                    _spread(result.ours[key], unit),
                    _spread(ratios, ""),
                    *_against(ratios, bars.get(key)),
                ]
            )
    for key, (label, unit) in ALONE.items():
        if key in result.ours:
            stock = _spread(result.stock.get(key, ()), unit)
            values = result.ours[key]
            rows.append([label, stock, _spread(values, unit), "", *_against(values, bars.get(key))])
    return rows


def _spread(values: Sequence[float], unit: str) -> str:
    if not values:
        return ""
    text = _number(statistics.median(values)) + (f" {unit}" if unit else "")
    if len(values) > 1:
        text += f" ({_number(min(values))}-{_number(max(values))})"
    return text


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _against(values: Sequence[float], bar: Bar | None) -> tuple[str, str]:
    if bar is None or not values:
        return (str(bar) if bar else "", "not measured" if bar else "")
    return str(bar), "met" if bar.met(statistics.median(values)) else "NOT MET"


def as_text(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def write(result: Result, bars: Mapping[str, Bar], path: Path) -> None:
    """Writes the page, and its plots into the folder beside it that bears its name."""
    folder = path.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    rows = table(result, bars)
    lines = [
        "# Performance",
        "",
        "Written by `make benchmark`; do not edit. Both assistants run on the same machine in the "
        "same run, one at a time and in turn: the stock assistant of `rasa init` (Rasa 3.6.21 with "
        "TensorFlow, SQLite) answers what it was taught, Myoguide (SQLite, custom actions, website "
        "channel) the information questions of [the evaluation sets](../evaluation/sets). Each "
        "figure is the median over the rounds, in brackets the least and the greatest. Read the "
        "ratios: the milliseconds belong to the machine and to what else it did.",
        "",
        f"Measured: {result.about}",
        "",
        *_markdown(rows),
        "",
        *(f"- {note}" for note in result.notes),
        "",
        "## Ratios",
        "",
        "Each dot is a round, the line the bar. Left of 1 Myoguide is lower, right of it higher.",
        "",
        f"![Ratio to the stock assistant, by figure and round]({folder.name}/ratios.svg)",
    ]
    plot_ratios(result, bars, folder / "ratios.svg")
    if result.stages:
        plot_stages(result.stages, folder / "stages.svg")
        whole = sum(result.stages.values())
        cells = [
            [stage, f"{taken:.2f}", f"{taken / whole:.0%}"]
            for stage, taken in sorted(result.stages.items(), key=lambda item: -item[1])
        ]
        lines += [
            "",
            "## Where the time of a reply goes",
            "",
            "Mean over the messages of one run inside one process, with its actions and "
            "database; each stage without the stages inside it.",
            "",
            *_markdown([["stage", "ms", "share"], *cells]),
            "",
            f"![Milliseconds by stage]({folder.name}/stages.svg)",
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *rest = [f"| {' | '.join(row)} |" for row in rows]
    return [head, "|" + " --- |" * len(rows[0]), *rest]


def plot_ratios(result: Result, bars: Mapping[str, Bar], path: Path) -> None:
    """A dot for each round on a logarithmic axis; a short line where the bar is."""
    keys = [key for key in ROWS if result.ratios(key)]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 0.5 + 0.34 * max(len(keys), 1)))
        for place, key in enumerate(reversed(keys)):
            ratios = result.ratios(key)
            axes.plot(ratios, [place] * len(ratios), "o", color=COLOURS[0], alpha=0.7)
            bar = bars.get(key)
            if bar is not None:
                bound = bar.at_least if bar.at_least is not None else bar.at_most
                axes.plot([bound] * 2, [place - 0.35, place + 0.35], color=COLOURS[4], linewidth=2)
        axes.axvline(1, color="grey", linewidth=0.8)
        axes.set(
            xscale="log",
            yticks=range(len(keys)),
            yticklabels=[ROWS[key][0] for key in reversed(keys)],
            xlabel="Myoguide to stock (logarithmic)",
        )
        _save(figure, path)


def plot_stages(stages: Mapping[str, float], path: Path) -> None:
    """Bars of milliseconds, the longest on top."""
    ranked = sorted(stages.items(), key=lambda item: item[1])
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 0.6 + 0.26 * len(ranked)))
        axes.barh([stage for stage, _ in ranked], [taken for _, taken in ranked], color=COLOURS[0])
        axes.set(xlabel="milliseconds a message (mean)")
        _save(figure, path)


def _save(figure: plt.Figure, path: Path) -> None:
    figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
