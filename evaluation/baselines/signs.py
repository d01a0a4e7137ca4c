"""Three common ways to spot danger signs, as baselines for the safety screen.

Keywords and descriptions come from the escalation protocol's own words (protocol.yml), the
triggers from the published NegEx algorithm (negex.yml). Over a conversation each keeps the highest
level so far.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from evaluation.assistant import Turn
from evaluation.sets import ALARMS, rank
from myoguide.nlu import build_encoder
from myoguide.nlu.encoder import SentenceEncoder

HERE = Path(__file__).parent
SIGNS = Path("data/safety/signs.yml")
PUBLISHED = Path("results") / "minilm-published"
# NegEx looks five words to either side of the trigger.
REACH = 5


@dataclass(frozen=True)
class SignWords:
    """A sign of the protocol: its level, its description, and its words."""

    id: str
    level: str
    description: str
    words: tuple[str, ...]


@lru_cache(maxsize=1)
def protocol() -> tuple[SignWords, ...]:
    """The protocol's signs, gravest level first."""
    rows = yaml.safe_load((HERE / "protocol.yml").read_text(encoding="utf-8"))
    signs = [
        SignWords(name, row["level"], row["description"], tuple(row["words"]))
        for name, row in rows.items()
    ]
    return tuple(sorted(signs, key=lambda sign: -rank(sign.level)))


class _ByMessage:
    """Keeps the highest level of the messages so far."""

    def __init__(self, read: Callable[[str], tuple[str, str | None]]) -> None:
        self._read = read

    def converse(self, texts: Sequence[str]) -> list[Turn]:
        turns: list[Turn] = []
        for text in texts:
            level, sign = self._read(text)
            if turns and rank(turns[-1].level) >= rank(level):
                level, sign = turns[-1].level, turns[-1].sign
            turns.append(Turn(level=level, sign=sign))
        return turns


class Keywords(_ByMessage):
    """A sign is there when one of its words is; whole words, case and apostrophes aside."""

    def __init__(self) -> None:
        super().__init__(self._screen)
        self._patterns = [
            (sign, re.compile(rf"\b(?:{'|'.join(map(re.escape, sign.words))})\b"))
            for sign in protocol()
        ]

    def _screen(self, text: str) -> tuple[str, str | None]:
        plain = plain_text(text)
        for sign, pattern in self._patterns:
            if any(self.counts(plain, found) for found in pattern.finditer(plain)):
                return sign.level, sign.id
        return "none", None

    def counts(self, text: str, found: re.Match[str]) -> bool:
        """Whether this finding is held to be true."""
        return True


class NegatedKeywords(Keywords):
    """The same, less what NegEx (Chapman and others, 2001) reads as negated."""

    def __init__(self) -> None:
        super().__init__()
        self._negex = NegEx()

    def counts(self, text: str, found: re.Match[str]) -> bool:
        return not self._negex.negated(text, found.start(), found.end())


class NegEx:
    """Triggers before or after a finding, within five words, unless a terminator is between."""

    def __init__(self) -> None:
        rows: dict[str, Any] = yaml.safe_load((HERE / "negex.yml").read_text(encoding="utf-8"))
        self._pseudo, self._before, self._after, self._ends = (
            _any_of(rows[kind]) for kind in ("pseudo", "before", "after", "terminators")
        )

    def negated(self, text: str, start: int, end: int) -> bool:
        """Whether the finding at ``text[start:end]`` (plain text) is negated."""
        # Pseudo-triggers ("not only") look like triggers but negate nothing.
        masked = self._pseudo.sub(lambda found: "_" * len(found.group()), text)
        return any(
            self._reaches(masked[trigger.end() : start])
            for trigger in self._before.finditer(masked, 0, start)
        ) or any(
            self._reaches(masked[end : trigger.start()])
            for trigger in self._after.finditer(masked, end)
        )

    def _reaches(self, between: str) -> bool:
        words = between.split()
        sentence_ends = re.search(r"[.!?;]", between)
        return len(words) <= REACH and not sentence_ends and not self._ends.search(between)


class Closest(_ByMessage):
    """The sign whose description is nearest to the message, if it is near enough."""

    def __init__(self, threshold: float) -> None:
        super().__init__(self._screen)
        self.threshold = threshold
        self._signs = protocol()
        self._vectors = _encode([sign.description for sign in self._signs])

    @classmethod
    def fitted(cls, signs: Path = SIGNS) -> Closest:
        """Threshold with the largest recall less false alarms on the signs' own examples.

        The evaluation sets are not looked at.
        """
        rows = yaml.safe_load(signs.read_text(encoding="utf-8"))
        told, levels, harmless = [], [], []
        for row in rows.values():
            for example in row["examples"]:
                told.append(example if isinstance(example, str) else " ".join(example))
                levels.append(row["level"])
            harmless += [e if isinstance(e, str) else " ".join(e) for e in row["counter_examples"]]
        model = cls(0.0)
        near_told, near_harmless = model._nearest(told), model._nearest(harmless)

        def youden(threshold: float) -> float:
            hits = [
                cosine >= threshold and rank(model._signs[sign].level) >= rank(level)
                for (cosine, sign), level in zip(near_told, levels, strict=True)
            ]
            alarms = [
                cosine >= threshold and model._signs[sign].level in ALARMS
                for cosine, sign in near_harmless
            ]
            return float(np.mean(hits) - np.mean(alarms))

        model.threshold = max((float(t) for t in np.arange(0.05, 0.95, 0.01)), key=youden)
        return model

    def _nearest(self, texts: Sequence[str]) -> list[tuple[float, int]]:
        """Cosine and row of the nearest description, by text."""
        cosines = _encode(texts) @ self._vectors.T
        return [(float(row.max()), int(row.argmax())) for row in cosines]

    def _screen(self, text: str) -> tuple[str, str | None]:
        cosine, row = self._nearest([text])[0]
        if cosine < self.threshold:
            return "none", None
        return self._signs[row].level, self._signs[row].id


def plain_text(text: str) -> str:
    """Lower case, without apostrophes, single spaces."""
    return " ".join(re.sub(r"['’`]", "", text.lower()).split())


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted((plain_text(phrase) for phrase in phrases), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")


def _encode(texts: Sequence[str]) -> NDArray[np.float32]:
    vectors: NDArray[np.float32] = _encoder().encode(texts)
    return vectors


@lru_cache(maxsize=1)
def _encoder() -> SentenceEncoder:
    """MiniLM as it was published: the project's own has learned from our examples."""
    made = PUBLISHED / build_encoder.STAMP_FILE
    if not made.exists() or made.read_text() != build_encoder.stamp(None):
        build_encoder.build(PUBLISHED, adapter=None)
    return SentenceEncoder(PUBLISHED)
