"""Finds the questions in a message that asks two. Pure functions."""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_ASKS = (
    "what|whats|what's|why|how|hows|how's|when|where|who|which|is|are|was|does|do|did|can|could|"
    "will|would|should|any|shall"
)
_JOINT = re.compile(rf"[,;]?\s+(?:and|also|plus)\s+(?:also\s+)?(?=(?:{_ASKS})\b)", re.IGNORECASE)
_OPENS = re.compile(rf"(?:and\s+|also\s+|so\s+|ok\s+)?(?:{_ASKS})\b", re.IGNORECASE)
FEWEST_WORDS = 2  # of a question


def questions_of(text: str) -> list[str]:
    """The two questions of a message, each with what was told before it; [] if it asks one.

    More than two are left to the reading of the message as a whole.
    """
    parts, told = [], ""
    for sentence in _SENTENCE.findall(text):
        told += sentence
        if sentence.rstrip().endswith("?"):
            parts.append(told.strip())
            told = ""
    if len(parts) == 1 and not told.strip():
        parts = _joint(parts[0])
    elif not parts:
        parts = _joint(told.strip())
    fit = len(parts) == 2 and all(len(part.split()) >= FEWEST_WORDS for part in parts)
    return parts if fit else []


def _joint(sentence: str) -> list[str]:
    """ "what causes it and how long does it last": two questions in one sentence."""
    halves = _JOINT.split(sentence)
    return halves if _OPENS.match(sentence) else []
