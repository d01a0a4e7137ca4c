"""What the assistant is compared with; which of them can be measured now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evaluation.assistant import Respondent
from evaluation.sets import Sets
from myoguide.knowledge import Pack

UNDERSTANDING = ("understanding", "dialogues", "scope")


@dataclass(frozen=True)
class Baseline:
    """``respondent`` is None where it cannot be measured now; ``note`` then says why."""

    name: str
    parts: tuple[str, ...]
    respondent: Respondent | None
    note: str = ""


def available(pack: Pack, sets: Sets, parts: Iterable[str]) -> Iterator[Baseline]:
    """The baselines for ``parts``, each made when it is its turn."""
    wanted = set(parts)
    kept = tuple(part for part in UNDERSTANDING if part in wanted)
    if kept:
        from evaluation.baselines.intents import TfIdf, examples
        from evaluation.stock import cached

        yield Baseline("TF-IDF + logistic regression", kept, TfIdf(examples(pack)))
        stock, note = cached(examples(pack), sets)
        for name, respondent in stock.items():
            yield Baseline(name, kept, respondent, note)
    if "safety" in wanted:
        from evaluation.baselines import signs

        yield Baseline("keywords", ("safety",), signs.Keywords())
        yield Baseline("keywords + stock negation (NegEx)", ("safety",), signs.NegatedKeywords())
        closest = signs.Closest.fitted()
        note = f"cosine threshold {closest.threshold:.2f}, chosen on data/safety/signs.yml"
        yield Baseline("MiniLM cosine to descriptions", ("safety",), closest, note)
