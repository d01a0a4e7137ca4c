"""Plots as SVG. The same figures always give the same bytes: fixed ids, no date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402

from evaluation.share import Share  # noqa: E402
from evaluation.understanding import Bin, Confusion  # noqa: E402

# Text stays text (readable by screen readers and searchable), ids do not change between runs.
STYLE = {"svg.hashsalt": "myoguide", "svg.fonttype": "none", "font.size": 9, "figure.dpi": 100}
# Colours that stay apart for colour-blind eyes (Okabe and Ito 2008); shapes differ as well.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00")
HATCHES = ("", "//", "..", "xx", "--")


def reliability(bins: Sequence[Bin], path: Path) -> None:
    """Confidence against the share that was right; on the diagonal it can be believed."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(4.5, 4.2))
        axes.plot([0, 1], [0, 1], "--", color="grey", linewidth=1, label="perfect")
        places = [bin.confidence for bin in bins]
        axes.plot(places, [bin.right for bin in bins], "o-", color=COLOURS[0], label="measured")
        for bin in bins:
            axes.annotate(
                str(bin.count), (bin.confidence, bin.right), (5, -10), textcoords="offset points"
            )
        axes.set(
            xlabel="confidence in the topic (mean of a tenth)",
            ylabel="share right (number: messages)",
            xlim=(0, 1.08),
            ylim=(0, 1.04),
        )
        axes.legend(loc="lower right", frameon=False)
        _save(figure, path)


def confusion(table: Confusion, path: Path) -> None:
    """Labelled against chosen topic; what is right stands apart from what is wrong."""
    with plt.rc_context(STYLE):
        width, height = 2.2 + 0.3 * len(table.columns), 1.8 + 0.26 * len(table.rows)
        figure, axes = plt.subplots(figsize=(width, height))
        most = max(table.counts.values())
        for (label, chosen), count in sorted(table.counts.items()):
            place = table.columns.index(chosen), table.rows.index(label)
            right = label == chosen
            shade = 0.15 + 0.6 * count / most
            colour = COLOURS[0] if right else COLOURS[4]
            box = Rectangle((place[0] - 0.5, place[1] - 0.5), 1, 1, facecolor=colour, alpha=shade)
            axes.add_patch(box)
            axes.text(*place, str(count), ha="center", va="center", fontsize=8)
        axes.set(
            xlim=(-0.5, len(table.columns) - 0.5),
            ylim=(len(table.rows) - 0.5, -0.5),
            xlabel="chosen topic (blue: right, orange: wrong)",
            ylabel="labelled topic",
        )
        axes.set_xticks(range(len(table.columns)), table.columns, rotation=90)
        axes.set_yticks(range(len(table.rows)), table.rows)
        axes.grid(color="#dddddd", linewidth=0.4)
        axes.set_axisbelow(True)
        _save(figure, path)


def recall(shares: Mapping[str, Sequence[Share]], groups: Sequence[str], path: Path) -> None:
    """Bars with 95% intervals: one group per level, one bar per system."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(6.4, 3.4))
        width = 0.8 / len(shares)
        for place, (name, row) in enumerate(shares.items()):
            at = [group + (place - (len(shares) - 1) / 2) * width for group in range(len(groups))]
            below = [share.value - share.interval[0] for share in row]
            above = [share.interval[1] - share.value for share in row]
            axes.bar(
                at,
                [share.value for share in row],
                width,
                yerr=[below, above],
                capsize=2,
                label=name,
                color=COLOURS[place % len(COLOURS)],
                hatch=HATCHES[place % len(HATCHES)],
                edgecolor="white",
                error_kw={"elinewidth": 0.8},
            )
        axes.set_xticks(range(len(groups)), groups)
        axes.set(ylabel="answered at the level or higher", ylim=(0, 1.02))
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncol=2, frameon=False)
        _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
