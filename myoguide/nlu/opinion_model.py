"""Which sign does a message tell of, at what level, and does it take back what was told before?

Linear heads over sentence vectors and word counts, usable without Rasa. Signs are taught with the
messages in data/safety/second_opinion; the heads speak up where they are sure by themselves, or
less sure about a sign that the screen already suspects from a doubtful wording, and can only raise
a level. What takes something back is taught with data/safety/taken_back.yml.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from myoguide.nlu.encoder import cores
from myoguide.nlu.question_model import LinearHead, import_before_threads, mean
from myoguide.nlu.word_counts import WordCounts
from myoguide.safety.screen import Shown, load
from myoguide.safety.signs import LEVELS
from myoguide.safety.tables import load_table

NONE = "none"
TAKEN_BACK, STILL = "taken_back", "still"


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
    alone={"emergency": 0.32, "urgent": 0.40, "routine": 0.30},
    suspected={"emergency": 0.18, "urgent": 0.18, "routine": 0.05},
)


# Least probability that something is taken back; chosen on conversations held out of the training
# so that of those in which it still counts one in fifty ends.
ENDS = 0.8
# Least probability of that by the last message alone for the pair to be read at all: of the
# conversations held out of the training that end something one in 140 is lost, and of
# questions one in seven are read.
MAY_END = 0.004

# Inverse regularisation of the heads for what is taken back: by the pair, and by the last message
# alone, which has the questions for examples too.
ENDING_C, LAST_C = 5.0, 15.0

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


def read_pairs(path: Path | str) -> list[tuple[list[str], str]]:
    """Of conversations: whether the last message takes back what was told."""
    table = load_table(Path(path))
    if set(table) != {TAKEN_BACK, STILL}:
        raise ValueError(f"{path}: the entries must be '{TAKEN_BACK}' and '{STILL}'")
    return [(told, label) for label, pairs in table.items() for told in pairs]


def examples() -> list[Told]:
    """The examples of data/safety/signs.yml."""
    return [Told(joined(e), sign.id) for sign in load().signs.values() for e in sign.examples]


def joined(texts: Sequence[str]) -> str:
    """Several messages as one text."""
    return " / ".join(texts)


@dataclass(frozen=True)
class Reading:
    """Probabilities of the signs and of "none"; they sum to 1."""

    signs: dict[str, float]
    level_of: Mapping[str, str]

    def at_least(self, level: str) -> float:
        """Probability that the level or a higher one is due."""
        due = LEVELS[LEVELS.index(level) :]
        return sum(p for sign, p in self.signs.items() if self.level_of.get(sign, NONE) in due)

    def likeliest(self, among: Iterable[str]) -> str:
        """The likeliest of some signs."""
        return max(among, key=lambda sign: self.signs.get(sign, 0.0))


class OpinionModel:
    """The heads; vectors are unit length, of shape (features,)."""

    def __init__(
        self, sign: LinearHead, words: WordCounts, ending: LinearHead, last: LinearHead
    ) -> None:
        self._sign, self._words, self._ending, self._last = sign, words, ending, last

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        vectors: np.ndarray,
        told: Sequence[str],
        pairs: np.ndarray,
        last: np.ndarray,
        ends: Sequence[str],
        questions: np.ndarray,
        c: float,
    ) -> OpinionModel:
        """``told``: for each text and its vector a sign or "none". ``ends``: for the vector of
        each pair, and of its last message, whether what was told is taken back or counts still.
        ``questions``: vectors of messages that take nothing back."""
        harmless = [STILL] * len(questions)
        import_before_threads()
        with ThreadPoolExecutor(cores()) as pool:
            sign = pool.submit(LinearHead.fit, vectors, told, c)
            words = pool.submit(WordCounts.fit, texts, {"sign": told})
            ending = pool.submit(LinearHead.fit, pairs, ends, ENDING_C)
            alone = pool.submit(
                LinearHead.fit, np.concatenate([last, questions]), [*ends, *harmless], LAST_C
            )
            return cls(sign.result(), words.result(), ending.result(), alone.result())

    def read(self, text: str, vector: np.ndarray, level_of: Mapping[str, str]) -> Reading:
        """What a text (or a conversation, joined) tells of. ``level_of``: levels by sign."""
        counted = self._words.read(text).get("sign")
        return Reading(mean(self._sign.probabilities(vector), counted), level_of)

    def taken_back(self, pair: np.ndarray) -> float:
        """Probability that the last message of a pair takes back what was told before it."""
        return self._ending.probabilities(pair)[TAKEN_BACK]

    def may_take_back(self, message: np.ndarray) -> bool:
        """Whether a message, by itself, could take back what was told before it."""
        return self._last.probabilities(message)[TAKEN_BACK] >= MAY_END

    def save(self, path: Path) -> None:
        heads = {"sign": self._sign, "ending": self._ending, "last": self._last}
        arrays = {k: v for name, head in heads.items() for k, v in head.stored(name).items()}
        np.savez(path, **arrays, **self._words.stored())

    @classmethod
    def load(cls, path: Path) -> OpinionModel:
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                LinearHead.restored(stored, "sign"),
                WordCounts.restored(stored),
                LinearHead.restored(stored, "ending"),
                LinearHead.restored(stored, "last"),
            )


def opinion(reading: Reading, suspected: Sequence[Shown], limits: Limits = LIMITS) -> Shown | None:
    """The sign that the second opinion sees, or None."""
    at_least = {level: reading.at_least(level) for level in LEVELS[1:]}
    for rank, level in reversed(list(enumerate(LEVELS[1:], start=1))):
        serious = at_least["urgent" if level == "emergency" else level]
        shared = serious >= limits.suspected[level] and at_least[level] >= limits.share * serious
        doubted = any(LEVELS.index(sign.level) >= rank for sign in suspected)
        if at_least[level] >= limits.alone[level] or (doubted and shared):
            here = {sign.id: sign for sign in suspected if sign.level == level}
            sign = reading.likeliest(
                here or [s for s, its in reading.level_of.items() if its == level]
            )
            return here.get(sign, Shown(sign, level, ()))
    return None
