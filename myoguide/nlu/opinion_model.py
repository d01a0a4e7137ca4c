"""Which sign does a message tell of, and at what level? Two linear heads over sentence vectors.

Usable without Rasa. Taught with the messages in data/safety/second_opinion. They speak up where
they are sure by themselves, or less sure about a sign that the screen already suspects from a
doubtful wording; they can only raise a level.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from myoguide.nlu.question_model import LinearHead
from myoguide.safety.screen import Shown, load
from myoguide.safety.signs import LEVELS
from myoguide.safety.tables import load_table

NONE = "none"
@dataclass(frozen=True)
class Limits:
    """Least probability to speak up at each level; chosen on messages held out of the training.

    ``alone``: that the level, or a higher one, is due. ``suspected``: that anything serious is
    due (urgent or higher; for a routine sign, routine or higher) where the screen suspects a sign
    of the level. In doubt between two levels the higher one counts: of what is serious, ``share``
    must speak for an emergency.
    """

    alone: dict[str, float]
    suspected: dict[str, float]
    share: float = 0.12


LIMITS = Limits(
    alone={"emergency": 0.40, "urgent": 0.45, "routine": 0.30},
    suspected={"emergency": 0.25, "urgent": 0.25, "routine": 0.05},
)


ONLY_SUSPECTED = replace(LIMITS, alone=dict.fromkeys(LIMITS.alone, 1.01))


@dataclass(frozen=True)
class Told:
    """A message (or a conversation, joined) and the sign it tells of, or "none"."""

    text: str
    sign: str


def read_messages(folder: Path | str, signs: Iterable[str]) -> list[Told]:
    """The labelled messages of all tables in the folder. Raises ValueError for an unknown sign."""
    known, told = {*signs, NONE}, []
    for path in sorted(Path(folder).glob("*.yml")):
        for sign, messages in load_table(path).items():
            if sign not in known:
                raise ValueError(f"{path}: '{sign}' is no sign of data/safety/signs.yml")
            told += [Told(joined(m if isinstance(m, list) else [m]), sign) for m in messages]
    return told


def examples() -> list[Told]:
    """The examples of data/safety/signs.yml."""
    return [Told(joined(e), sign.id) for sign in load().signs.values() for e in sign.examples]


def joined(texts: Sequence[str]) -> str:
    """Several messages as one text."""
    return " ".join(texts)


class OpinionModel:
    """The two heads; vectors are unit length, of shape (features,)."""

    def __init__(self, level: LinearHead, sign: LinearHead) -> None:
        self.level, self.sign = level, sign

    @classmethod
    def fit(
        cls, vectors: np.ndarray, told: Sequence[str], level_of: dict[str, str], c: float
    ) -> OpinionModel:
        """``told``: for each vector a sign or "none"."""
        rows = [row for row, sign in enumerate(told) if sign != NONE]
        return cls(
            LinearHead.fit(vectors, [level_of.get(sign, NONE) for sign in told], c),
            LinearHead.fit(vectors[rows], [told[row] for row in rows], c),
        )

    def at_least(self, vector: np.ndarray) -> dict[str, float]:
        """Probability of each level or a higher one."""
        levels = self.level.probabilities(vector)
        return {
            level: sum(levels.get(higher, 0.0) for higher in LEVELS[LEVELS.index(level) :])
            for level in LEVELS[1:]
        }

    def likeliest(self, vector: np.ndarray, among: Iterable[str]) -> str:
        """The likeliest of some signs."""
        scores = self.sign.probabilities(vector)
        return max(among, key=lambda sign: scores.get(sign, 0.0))

    def save(self, path: Path) -> None:
        np.savez(path, **self.level.stored("level"), **self.sign.stored("sign"))

    @classmethod
    def load(cls, path: Path) -> OpinionModel:
        with np.load(path, allow_pickle=False) as stored:
            return cls(LinearHead.restored(stored, "level"), LinearHead.restored(stored, "sign"))


def opinion(
    model: OpinionModel,
    vector: np.ndarray,
    suspected: Sequence[Shown],
    level_of: dict[str, str],
    limits: Limits = LIMITS,
) -> Shown | None:
    """The sign that the second opinion sees, or None."""
    at_least = model.at_least(vector)
    for rank, level in reversed(list(enumerate(LEVELS[1:], start=1))):
        serious = at_least["urgent" if level == "emergency" else level]
        shared = serious >= limits.suspected[level] and at_least[level] >= limits.share * serious
        doubted = any(LEVELS.index(sign.level) >= rank for sign in suspected)
        if at_least[level] >= limits.alone[level] or (doubted and shared):
            here = {sign.id: sign for sign in suspected if sign.level == level}
            among = here or [sign for sign, its in level_of.items() if its == level]
            sign = model.likeliest(vector, among)
            return here.get(sign, Shown(sign, level, ()))
    return None
