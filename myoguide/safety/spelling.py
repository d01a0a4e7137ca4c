"""A spelling corrector that knows the safety vocabulary and nothing else.

A word is only ever changed into a word that matters for safety, and only if it is not itself an
ordinary English word ("feeding" stays, "bleding" becomes "bleeding").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from myoguide.safety.tables import word_set

_SHORTEST = 4  # letters; shorter words have too many neighbours
_TWO_SLIPS_FROM = 8  # letters; from here two slips still leave the word unmistakable

_LITTLE = word_set(
    "that this then than they them these those there their with when what where which while from "
    "have been were will would your just does some such here very more most much many only like "
    "also into onto over under after before about again other another each every both same"
)  # no slip is corrected into one of these
_MOST_LOOKUPS = 40  # new words looked up for one message
_OFTEN_JOINED = ("out", "up", "off", "breathe", "breath", "wake", "stop", "swallow", "move", "talk")


class Spelling:
    """Corrects words at one slip (two in long words) from the vocabulary.

    Looks words up by what remains after deleting letters, so the cost of a look-up does not grow
    with the vocabulary.
    """

    def __init__(self, vocabulary: Counter[str], ordinary: Iterable[str]) -> None:
        """``vocabulary``: the words to aim at, with how often the tables use them."""
        self._vocabulary = {
            word: uses
            for word, uses in vocabulary.items()
            if word.isalpha() and word not in _LITTLE
        }
        self._ordinary = {*ordinary, *self._vocabulary, *_LITTLE}
        self._answers: dict[str, str] = {}
        self._left = _MOST_LOOKUPS

    @cached_property
    def _remains(self) -> dict[str, list[str]]:
        """Words by what is left of them. Training reads no message and is spared it."""
        found: dict[str, list[str]] = {}
        for word in sorted(self._vocabulary):
            if len(word) >= _SHORTEST:
                for rest in _remains(word, _slips(word)):
                    found.setdefault(rest, []).append(word)
        return found

    def prepare(self) -> None:
        """Make the table of look-ups now, so that the first message does not wait for it."""
        _ = self._remains

    def start_message(self) -> None:
        """Allow a message its share of look-ups, so that a page of noise stays cheap."""
        self._left = _MOST_LOOKUPS

    def is_word(self, word: str) -> bool:
        """Tell whether the word needs no correction."""
        return word in self._ordinary

    def aims_at(self, word: str) -> bool:
        """Tell whether the word is of the vocabulary."""
        return word in self._vocabulary

    def forget(self) -> None:
        """Drops the words that it has corrected."""
        self._answers.clear()

    def correct(self, word: str) -> str:
        """Return the nearest word of the vocabulary, or the word itself."""
        if word in self._ordinary or not _SHORTEST <= len(word) <= 20 or not word.isalpha():
            return word
        answer = self._answers.get(word)  # once: `forget` may come from another thread
        if answer is None:
            if self._left <= 0:
                return word
            self._left -= 1
            if len(self._answers) > 20_000:
                self._answers.clear()
            answer = self._answers[word] = self._nearest(word)
        return answer

    def _nearest(self, word: str) -> str:
        # Tried one slip first: it is the likely one, and far cheaper to look up.
        for slips in range(1, _slips(word) + 1):
            found = [
                (_slips_between(word, known, slips), _rarity(word, known), known)
                for rest in _remains(word, slips)
                for known in self._remains.get(rest, ())
            ]
            near = [item for item in found if item[0] <= min(slips, _slips(item[2]))]
            if near:
                return min(near, key=lambda item: self._unlikeliness(word, *item))[2]
        return self._split(word)

    def _unlikeliness(self, word: str, slips: int, rarity: int, known: str) -> tuple:
        return slips, rarity, known[0] != word[0], -self._vocabulary[known], known

    def _split(self, word: str) -> str:
        """Two words written as one ("passedout"), both of the vocabulary."""
        for second in _OFTEN_JOINED:
            first = word.removesuffix(second)
            if first != word and first in self._vocabulary:
                return f"{first} {second}"
        return word


def _slips(word: str) -> int:
    return 2 if len(word) >= _TWO_SLIPS_FROM else 1


def _rarity(word: str, known: str) -> int:
    """How rare the slip is: a missing or swapped letter 0, one too many 1, a wrong one 2."""
    if len(known) != len(word):
        return int(len(known) < len(word))
    return 0 if sorted(word) == sorted(known) else 2


def _remains(word: str, slips: int) -> set[str]:
    """The word and all that is left of it after deleting up to ``slips`` letters."""
    rests = {word}
    for _ in range(slips):
        rests |= {rest[:i] + rest[i + 1 :] for rest in rests for i in range(len(rest))}
    return rests


def _slips_between(a: str, b: str, limit: int) -> int:
    """Letters wrong, missing, added or swapped with their neighbour (Damerau 1964)."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        two_before, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
    return row[-1]
