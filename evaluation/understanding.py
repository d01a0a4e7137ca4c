"""Scores information questions and dialogues. Pure functions; the rules are in README.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.assistant import Turn
from evaluation.figures import Figure, Miss, Table, grouped
from evaluation.sets import ALARMS, Dialogue, Info, Message, rank
from evaluation.share import share
from evaluation.traits import Traits

TURNED_AWAY = ("not_covered", "not_understood", "small_talk")
NO_TOPIC = "(none)"

# One conversation per item, by the item's id.
Said = Mapping[str, Sequence[Turn]]


def topic_right(message: Message, turn: Turn) -> bool:
    """The topic is one of those listed; where none is, small talk or no topic at all."""
    if not message.topics:
        return turn.topic is None or turn.status == "small_talk"
    return turn.topic in message.topics


def aspect_right(message: Message, turn: Turn) -> bool:
    """The aspect is one of those listed; where none is, as for the topic."""
    return turn.aspect in message.aspects if message.aspects else topic_right(message, turn)


def both_right(message: Message, turn: Turn) -> bool:
    return topic_right(message, turn) and aspect_right(message, turn)


def level_right(label: str, level: str) -> bool:
    """Answered at the labelled level or higher, and no alarm where none is due."""
    return rank(level) >= rank(label) and not (level in ALARMS and label not in ALARMS)


def false_alarm(label: str, level: str) -> bool:
    """Urgent or emergency, and higher than labelled."""
    return level in ALARMS and rank(level) > rank(label)


def score_info(items: Sequence[Info], said: Said, traits: Traits | None = None) -> list[Table]:
    """Headline figures, then by topic, by aspect and by what the message looks like."""
    pairs = [(item.message, said[item.id][0]) for item in items]
    tables = [
        Table(
            "Information questions",
            (
                Figure("topic right", share(topic_right(*p) for p in pairs), "info.topic"),
                Figure("aspect right", share(aspect_right(*p) for p in pairs), "info.aspect"),
                Figure("topic and aspect right", share(both_right(*p) for p in pairs), "info.both"),
                Figure(
                    "wrongly turned away",
                    share(turn.status in TURNED_AWAY for _, turn in pairs),
                    "info.turned_away",
                ),
                Figure(
                    "asked back (no answer yet)",
                    share(turn.status == "clarified" for _, turn in pairs),
                    "info.clarified",
                ),
                Figure(
                    "wrongly escalated (urgent or emergency, labelled lower)",
                    share(false_alarm(message.level, turn.level) for message, turn in pairs),
                    "info.false_alarms",
                ),
                Figure(
                    "level as labelled or higher, where one is labelled",
                    share(
                        rank(turn.level) >= rank(message.level)
                        for message, turn in pairs
                        if message.level != "none"
                    ),
                    "info.level",
                ),
            ),
        ),
        Table(
            "Topic right, by topic",
            grouped((message.topics[0], topic_right(message, turn)) for message, turn in pairs),
            "An item with several right topics counts under the first.",
        ),
        Table(
            "Aspect right, by aspect",
            grouped((message.aspects[0], aspect_right(message, turn)) for message, turn in pairs),
            "An item with several right aspects counts under the first.",
        ),
    ]
    if traits is not None:
        tables.append(
            Table(
                "Both right, by what the message looks like",
                grouped(
                    (trait, both_right(message, turn))
                    for message, turn in pairs
                    for trait in traits.of(message.text)
                ),
                "The set has no labels for who is speaking, so these are simple traits that a "
                "program can measure. Each message counts once in every pair or band.",
            )
        )
    return tables


def score_dialogues(items: Sequence[Dialogue], said: Said) -> list[Table]:
    """Turns, later turns (the 2nd on), and the level at each turn."""
    pairs = [
        (number, message, turn)
        for item in items
        for number, (message, turn) in enumerate(zip(item.turns, said[item.id], strict=True))
    ]
    later = [pair for pair in pairs if pair[0] > 0]
    whole = [all(both_right(m, t) for m, t in zip(i.turns, said[i.id], strict=True)) for i in items]
    return [
        Table(
            "Dialogues, by turn",
            (
                Figure(
                    "both right, all dialogue turns",
                    share(both_right(m, t) for _, m, t in pairs),
                    "dialogues.both",
                ),
                Figure(
                    "both right, later dialogue turns (2nd on)",
                    share(both_right(m, t) for _, m, t in later),
                    "dialogues.later",
                ),
                Figure("topic right", share(topic_right(m, t) for _, m, t in pairs)),
                Figure("aspect right", share(aspect_right(m, t) for _, m, t in pairs)),
                Figure("topic right, later turns", share(topic_right(m, t) for _, m, t in later)),
                Figure("aspect right, later turns", share(aspect_right(m, t) for _, m, t in later)),
                Figure(
                    "escalation right",
                    share(level_right(m.level, t.level) for _, m, t in pairs),
                    "dialogues.level",
                ),
                Figure("whole dialogues with every turn right", share(whole)),
            ),
        )
    ]


def info_misses(items: Sequence[Info], said: Said) -> list[Miss]:
    """Wrong topic or aspect; the surest first."""
    return _misses((item.id, item.message, said[item.id][0]) for item in items)


def dialogue_misses(items: Sequence[Dialogue], said: Said) -> list[Miss]:
    """Wrong turns, in the order of the set; the id ends in the turn's number."""
    return _misses(
        (f"{item.id}.{number}", message, turn)
        for item in items
        for number, (message, turn) in enumerate(zip(item.turns, said[item.id], strict=True), 1)
    )


def _misses(rows: Iterable[tuple[str, Message, Turn]]) -> list[Miss]:
    return [
        Miss(
            name,
            message.text,
            f"{' or '.join(message.topics) or NO_TOPIC} / {' or '.join(message.aspects) or '-'}",
            f"{turn.topic or NO_TOPIC} / {turn.aspect or '-'} ({turn.status})",
            turn.confidence or 0.0,
        )
        for name, message, turn in rows
        if not both_right(message, turn)
    ]


@dataclass(frozen=True)
class Confusion:
    """Counts of labelled topic (rows) against the one that was chosen; rows with errors only."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]


def topic_confusion(items: Sequence[Info], said: Said) -> Confusion:
    """A right topic counts as the one listed first, whichever of the right ones it is."""
    counts: Counter[tuple[str, str]] = Counter()
    for item in items:
        label, turn = item.message.topics[0], said[item.id][0]
        right = topic_right(item.message, turn)
        counts[label, label if right else turn.topic or NO_TOPIC] += 1
    rows = sorted({label for label, chosen in counts if label != chosen})
    kept = {pair: count for pair, count in counts.items() if pair[0] in rows}
    return Confusion(tuple(rows), tuple(sorted({chosen for _, chosen in kept} | set(rows))), kept)


@dataclass(frozen=True)
class Bin:
    """Messages whose confidence lay in one tenth: mean confidence, and the share that was right."""

    confidence: float
    right: float
    count: int


def calibration(items: Sequence[Info], said: Said) -> list[Bin]:
    """Reliability of the topic's confidence, in tenths; empty tenths are left out."""
    tenths: dict[int, list[tuple[float, bool]]] = {}
    for item in items:
        turn = said[item.id][0]
        if turn.confidence is not None:
            pair = (turn.confidence, topic_right(item.message, turn))
            tenths.setdefault(min(int(turn.confidence * 10), 9), []).append(pair)
    return [
        Bin(
            sum(confidence for confidence, _ in pairs) / len(pairs),
            sum(right for _, right in pairs) / len(pairs),
            len(pairs),
        )
        for _, pairs in sorted(tenths.items())
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: mean gap between confidence and share right; 0 of nothing."""
    total = sum(bin.count for bin in bins)
    return sum(abs(b.confidence - b.right) * b.count for b in bins) / total if total else 0.0
