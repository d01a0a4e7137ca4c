"""Scores the redaction of personal data (`myoguide.privacy`). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evaluation.figures import Figure, Miss, Table, grouped
from evaluation.sets import Personal
from evaluation.share import share
from myoguide.privacy import Span, find, redact

NOTE = (
    "Recall: pieces of personal data of which no letter or digit is left. Precision: redacted "
    "pieces that hold personal data. The recogniser was improved on the messages called seen; the "
    "new ones were written afterwards and nothing was changed for them."
)


def score_redaction(items: Sequence[Personal]) -> list[Table]:
    """Recall and precision on new and on seen messages, and recall by kind."""
    new = [item for item in items if not item.seen]
    seen = [item for item in items if item.seen]
    return [
        Table(
            "Personal data is taken out, and nothing else",
            (
                *_figures("new messages", new, "redaction"),
                *_figures("seen messages", seen, ""),
            ),
            NOTE,
        ),
        Table(
            "Recall by kind, all messages",
            grouped((kind, ok) for item in items for kind, ok in _found(item)),
        ),
    ]


def redaction_misses(items: Iterable[Personal]) -> list[Miss]:
    """Messages of which something personal is left (these weigh more) or too much was taken."""
    misses = []
    for item in items:
        left = [
            item.text[start:end]
            for (start, end, _), (_, ok) in zip(item.spans, _found(item), strict=True)
            if not ok
        ]
        wrong = [item.text[s.start : s.end] for s, ok in _taken(item) if not ok]
        if left or wrong:
            expected = "left: " + ", ".join(left) if left else "takes out: " + ", ".join(wrong)
            weight = 2.0 if left else 1.0
            misses.append(Miss(item.id, item.text, expected, redact(item.text), weight))
    return misses


def _figures(label: str, items: Sequence[Personal], key: str) -> tuple[Figure, ...]:
    found = share(ok for item in items for _, ok in _found(item))
    taken = share(ok for item in items for _, ok in _taken(item))
    untouched = share(not find(item.text) for item in items if not item.spans)
    return (
        Figure(f"{label}: recall", found, key and f"{key}.recall"),
        Figure(f"{label}: precision", taken, key and f"{key}.precision"),
        Figure(f"{label}: left as they are where nothing is personal", untouched),
    )


def _found(item: Personal) -> list[tuple[str, bool]]:
    """Kind of each piece of personal data, and whether nothing of it is left."""
    gone = {i for span in find(item.text) for i in range(span.start, span.end)}
    return [
        (kind, all(i in gone for i in range(start, end) if item.text[i].isalnum()))
        for start, end, kind in item.spans
    ]


def _taken(item: Personal) -> list[tuple[Span, bool]]:
    """Each redacted piece, and whether it holds personal data."""
    return [
        (found, any(found.start < end and start < found.end for start, end, _ in item.spans))
        for found in find(item.text)
    ]
