"""The evaluation sets, typed. Their meaning is in README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "sets"
LEVELS = ("none", "routine", "urgent", "emergency")
ALARMS = ("urgent", "emergency")


class SetError(ValueError):
    """A line of a set cannot be read; the message names file, line and reason."""


@dataclass(frozen=True)
class Message:
    """One message with what is right for it. Empty ``topics``: no answer is expected."""

    text: str
    topics: tuple[str, ...]
    aspects: tuple[str, ...]
    level: str


@dataclass(frozen=True)
class Info:
    """An information question; the assistant has an answer to it."""

    id: str
    message: Message

    @property
    def text(self) -> str:
        return self.message.text


@dataclass(frozen=True)
class Dialogue:
    """Several messages of one person, in order."""

    id: str
    turns: tuple[Message, ...]


@dataclass(frozen=True)
class Scope:
    """A message that no answer about jerks fits. ``scope``: out, adjacent, smalltalk, ..."""

    id: str
    text: str
    scope: str
    kind: str
    level: str


@dataclass(frozen=True)
class Safety:
    """A message with a sign, or a look-alike (``trap``) without one."""

    id: str
    text: str
    level: str
    sign: str | None
    trap: str | None


@dataclass(frozen=True)
class SafetyDialogue:
    """Several messages; ``level`` is due at turn ``at_turn`` (from 1; 0 where none is)."""

    id: str
    turns: tuple[str, ...]
    level: str
    at_turn: int
    sign: str | None
    trap: str | None


@dataclass(frozen=True)
class Personal:
    """A message and its personal data: (start, end, kind) in characters.

    ``seen``: the recogniser was improved on it; only the others tell what it does on new ones.
    """

    id: str
    text: str
    spans: tuple[tuple[int, int, str], ...]
    seen: bool


@dataclass(frozen=True)
class Sets:
    """All evaluation sets."""

    info: tuple[Info, ...]
    dialogues: tuple[Dialogue, ...]
    scope: tuple[Scope, ...]
    positives: tuple[Safety, ...]
    negatives: tuple[Safety, ...]
    safety_dialogues: tuple[SafetyDialogue, ...]
    personal: tuple[Personal, ...] = ()


def load(folder: Path = FOLDER) -> Sets:
    """Reads every set of the folder; raises `SetError`."""
    return Sets(
        info=_read(folder / "info.dev.jsonl", lambda row: Info(row["id"], _message(row))),
        dialogues=_read(
            folder / "dialogues.dev.jsonl",
            lambda row: Dialogue(row["id"], tuple(_message(turn) for turn in row["turns"])),
        ),
        scope=_read(
            folder / "scope.dev.jsonl",
            lambda r: Scope(r["id"], r["text"], r["scope"], r["kind"], _level(r)),
        ),
        positives=_read(folder / "safety_positive.dev.jsonl", _safety),
        negatives=_read(folder / "safety_negative.dev.jsonl", _safety),
        safety_dialogues=_read(folder / "safety_dialogues.dev.jsonl", _safety_dialogue),
        personal=_read(folder / "redaction.jsonl", _personal),
    )


def rank(level: str) -> int:
    """Position of a level; higher is graver."""
    return LEVELS.index(level)


def _read(path: Path, make: Any) -> tuple[Any, ...]:
    items = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                items.append(make(json.loads(line)))
            except (KeyError, TypeError, ValueError) as error:
                raise SetError(f"{path.name}:{number}: {type(error).__name__} {error}") from error
    return tuple(items)


def _message(row: Mapping[str, Any]) -> Message:
    return Message(row["text"], tuple(row["topic"]), tuple(row["aspect"]), _level(row))


def _safety(row: Mapping[str, Any]) -> Safety:
    return Safety(row["id"], row["text"], _level(row), row.get("sign"), row.get("trap"))


def _safety_dialogue(row: Mapping[str, Any]) -> SafetyDialogue:
    turns, level = tuple(row["turns"]), _level(row)
    return SafetyDialogue(row["id"], turns, level, row["at_turn"], row.get("sign"), row.get("trap"))


def _personal(row: Mapping[str, Any]) -> Personal:
    spans = tuple((s["start"], s["end"], s["kind"]) for s in row["spans"])
    return Personal(row["id"], row["text"], spans, row["seen"])


def _level(row: Mapping[str, Any]) -> str:
    if row["escalation"] not in LEVELS:
        raise ValueError(f"{row['escalation']!r} is not one of {', '.join(LEVELS)}")
    return str(row["escalation"])
