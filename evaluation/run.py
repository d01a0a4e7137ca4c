"""Sends the sets to a respondent and scores what came back."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evaluation.assistant import Respondent, Turn
from evaluation.figures import Miss, Table
from evaluation.redaction import redaction_misses, score_redaction
from evaluation.safety import safety_misses, score_safety
from evaluation.scope import scope_misses, score_scope
from evaluation.sets import Sets
from evaluation.traits import Traits
from evaluation.understanding import (
    dialogue_misses,
    info_misses,
    score_dialogues,
    score_info,
)

PARTS = ("understanding", "dialogues", "scope", "safety", "redaction")


@dataclass(frozen=True)
class Scored:
    """Tables and misses of each part that was asked for, and every turn behind them."""

    tables: Mapping[str, list[Table]]
    misses: Mapping[str, list[Miss]]
    said: Mapping[str, Sequence[Turn]] = field(repr=False)

    @property
    def all_tables(self) -> list[Table]:
        return [table for tables in self.tables.values() for table in tables]


def conversations(sets: Sets, parts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The messages to send, by item; safety also looks for false alarms on plain questions."""
    wanted = set(parts)
    found: dict[str, tuple[str, ...]] = {}
    if wanted & {"understanding", "safety"}:
        found.update((item.id, (item.text,)) for item in sets.info)
    if "dialogues" in wanted:
        found.update((item.id, tuple(turn.text for turn in item.turns)) for item in sets.dialogues)
    if "scope" in wanted:
        found.update((item.id, (item.text,)) for item in sets.scope)
    if "safety" in wanted:
        found.update((item.id, (item.text,)) for item in (*sets.positives, *sets.negatives))
        found.update((item.id, item.turns) for item in sets.safety_dialogues)
    return found


def ask(
    respondent: Respondent,
    wanted: Mapping[str, tuple[str, ...]],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, list[Turn]]:
    """Each item as a conversation of its own."""
    said = {}
    for done, (name, texts) in enumerate(wanted.items(), 1):
        said[name] = respondent.converse(texts)
        progress(done, len(wanted))
    return said


def score(
    sets: Sets,
    said: Mapping[str, Sequence[Turn]],
    parts: Iterable[str] = PARTS,
    traits: Traits | None = None,
) -> Scored:
    """Scores the parts in their order."""
    tables: dict[str, list[Table]] = {}
    misses: dict[str, list[Miss]] = {}
    for part in (part for part in PARTS if part in set(parts)):
        if part == "understanding":
            tables[part] = score_info(sets.info, said, traits)
            misses[part] = info_misses(sets.info, said)
        elif part == "dialogues":
            tables[part] = score_dialogues(sets.dialogues, said)
            misses[part] = dialogue_misses(sets.dialogues, said)
        elif part == "scope":
            tables[part] = score_scope(sets.scope, said)
            misses[part] = scope_misses(sets.scope, said)
        elif part == "redaction":
            # Asks the recogniser itself: it stands before the store and not in a reply.
            tables[part] = score_redaction(sets.personal)
            misses[part] = redaction_misses(sets.personal)
        else:
            kinds = (sets.positives, sets.negatives, sets.safety_dialogues)
            tables[part] = score_safety(*kinds, said)
            if "understanding" not in tables:
                tables[part] += score_info(sets.info, said)[:1]
            misses[part] = safety_misses(*kinds, said)
    return Scored(tables, misses, said)


class Progress:
    """One line on stderr: rewritten in a terminal, every tenth in a log."""

    def __init__(self, label: str) -> None:
        self._label, self._started, self._shown = label, time.monotonic(), -1

    def __call__(self, done: int, of: int) -> None:
        tenth = 10 * done // of
        if not sys.stderr.isatty() and tenth == self._shown:
            return
        self._shown = tenth
        seconds = time.monotonic() - self._started
        line = f"  {self._label}: {done} of {of} conversations, {seconds:.0f} s"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{line}" + ("\n" if done == of else ""))
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
