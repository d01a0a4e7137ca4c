"""Word patterns of the tables, matched with spaCy's PhraseMatcher or walked from a rare word.

A pattern is a line of elements separated by blanks:

``wake``        any form of the word (wakes, woke, waking)
``=stopped``    this very form (``=stopped|ended``: one of these very forms)
``shake|jerk``  either
``@drug``       any word of a class in ``words.yml``
``very?``       may be missing
``<3>``         up to three words of any kind, within the sentence
``^``           start of a sentence or clause
``$``           end of a sentence

A pattern without ``<n>``, ``=`` or ``^`` and with few readings goes to the PhraseMatcher, whose
cost does not grow with the number of phrases; the others are tried only where their rarest word
stands.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from myoguide.safety.normalise import QUESTION, STOP, Vocabulary, Words
from myoguide.safety.tables import word_set

_MOST_READINGS = 400  # of one pattern in the PhraseMatcher
_DENIALS = word_set("no not never without nothing none nobody cannot")
_CLAUSE_OPENERS = word_set("so also ok okay hi hello hey please question curious wondering")


@dataclass(frozen=True)
class Match:
    """A pattern's key and the half-open span of words that it covers."""

    key: str
    start: int
    end: int


@dataclass(frozen=True)
class _Element:
    lemmas: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    optional: bool = False
    gap: int = 0

    def fits(self, words: Words, i: int) -> bool:
        return words.lemmas[i] in self.lemmas or words.words[i] in self.forms


class _Edges(NamedTuple):
    start: bool
    end: bool


@dataclass(frozen=True)
class _Gapped:
    """A pattern that is walked from its anchor, the rarest word that it needs."""

    key: str
    elements: tuple[_Element, ...]
    anchor: int
    edges: _Edges
    needed: tuple[frozenset[str], ...]
    own: frozenset[str]


class PatternError(ValueError):
    """A pattern cannot be read; the message says which and why."""


class Patterns:
    """A set of patterns with keys; `find` yields where they occur in a message."""

    def __init__(self, vocabulary: Vocabulary, over_commas: bool = True) -> None:
        """``over_commas``: whether the gap of a pattern may run over a comma."""
        self._vocabulary = vocabulary
        self._over_commas = over_commas
        self._vocab = Vocab()
        self._phrases = PhraseMatcher(self._vocab, attr="LEMMA")
        self._gapped: dict[str, list[_Gapped]] = {}
        self.words: Counter[str] = Counter()  # how many patterns use a word

    def add(self, key: str, pattern: str) -> None:
        """Add a pattern; raises `PatternError` if it cannot be read."""
        parts = pattern.split()
        edges = _Edges(parts[:1] == ["^"], parts[-1:] == ["$"])
        parts = parts[edges.start : len(parts) - edges.end]
        elements = [self._element(part, pattern) for part in parts]
        needed = [e for e in elements if not e.optional and not e.gap]
        if not needed:
            raise PatternError(f"pattern '{pattern}' needs at least one word that must be there")
        for element in elements:
            self.words.update(element.lemmas | element.forms)
        plain = not any(edges) and not any(e.gap or e.forms for e in elements)
        if not plain or _readings(elements) > _MOST_READINGS:
            self._add_gapped(key, elements, needed, edges)
        else:
            self._add_phrases(key, elements)

    def _element(self, part: str, pattern: str) -> _Element:
        if part.startswith("<"):
            if not (part.endswith(">") and part[1:-1].isdigit()):
                raise PatternError(f"'{part}' in '{pattern}' should look like <3>")
            return _Element(gap=int(part[1:-1]))
        optional = part.endswith("?")
        lemmas: set[str] = set()
        forms: set[str] = set()
        exact = part.startswith("=")
        for word in part.rstrip("?").split("|"):
            if word.startswith("@"):
                if word[1:] not in self._vocabulary.classes:
                    raise PatternError(f"unknown class {word} in '{pattern}'")
                lemmas |= self._vocabulary.classes[word[1:]]
            elif word and (exact or word.startswith("=")):
                forms.add(word.removeprefix("="))
            elif word:
                lemmas.add(self._vocabulary.lemma(word))
                self.words[word] += 1
            else:
                raise PatternError(f"empty word in '{pattern}'")
        return _Element(frozenset(lemmas), frozenset(forms), optional)

    def _add_phrases(self, key: str, elements: list[_Element]) -> None:
        choices = [[*sorted(e.lemmas), *([""] if e.optional else [])] for e in elements]
        docs = []
        for words in itertools.product(*choices):
            phrase = [word for word in words if word]
            docs.append(Doc(self._vocab, words=phrase, lemmas=phrase))
        self._phrases.add(key, docs)

    def _add_gapped(
        self, key: str, elements: list[_Element], needed: list[_Element], edges: _Edges
    ) -> None:
        anchor = min(needed, key=lambda e: (_commonness(e), len(e.lemmas | e.forms)))
        wanted = tuple(e.lemmas | e.forms for e in needed if e is not anchor)
        own = frozenset().union(*(e.lemmas | e.forms for e in elements))
        entry = _Gapped(key, tuple(elements), elements.index(anchor), edges, wanted, own)
        for word in anchor.lemmas | anchor.forms:
            self._gapped.setdefault(word, []).append(entry)

    def find(self, words: Words) -> list[Match]:
        """All matches in reading order; of two with one key, only the longer of overlapping."""
        if not len(words):
            return []
        doc = Doc(self._vocab, words=list(words.words), lemmas=list(words.lemmas))
        strings = self._vocab.strings
        found = {Match(strings[key], start, end) for key, start, end in self._phrases(doc)}
        places: dict[str, list[int]] = {}
        for i, (word, lemma) in enumerate(zip(words.words, words.lemmas, strict=True)):
            for form in {word, lemma}:
                places.setdefault(form, []).append(i)
        present = frozenset(places)
        for word, anchors in places.items():
            for entry in self._gapped.get(word, ()):
                for wanted in entry.needed:
                    if wanted.isdisjoint(present):
                        break
                else:
                    found.update(self._around(entry, words, _ends(anchors)))
        by_key: dict[str, list[Match]] = {}
        for match in _longest(found):
            by_key.setdefault(match.key, []).append(match)
        kept = [match for matches in by_key.values() for match in _ends(matches)]
        return sorted(kept, key=lambda m: (m.start, m.end, m.key))

    def _around(self, entry: _Gapped, words: Words, places: list[int]) -> Iterator[Match]:
        """Where the pattern fits around its anchor; of several ways the tightest.

        spaCy's Matcher does the same at about five times the cost for each try.
        """
        before, after = entry.elements[: entry.anchor][::-1], entry.elements[entry.anchor + 1 :]
        for i in places:
            if not entry.elements[entry.anchor].fits(words, i):
                continue
            first = _walk(before, words, i - 1, -1)
            last = _walk(after, words, i + 1, 1) if first is not None else None
            if first is None or last is None:
                continue
            start, end = first + 1, last
            if self._strays(entry, words, start, end):
                continue
            if _within_edges(entry.edges, words, start, end):
                yield Match(entry.key, start, end)

    def _strays(self, entry: _Gapped, words: Words, start: int, end: int) -> bool:
        """Tell whether a gap runs over a "not" that is not meant, or wrongly over a comma."""
        denials = _DENIALS.intersection(words.words[start:end])
        if denials - entry.own:
            return True
        if self._over_commas and not denials:
            return False
        return any(start < comma < end for comma in words.commas)


_MOST_OF_ONE = 24  # places or matches; a message that repeats itself more often is no ordinary one

_Item = TypeVar("_Item")


def _ends(items: list[_Item]) -> list[_Item]:
    """The first and the last of a list that is too long."""
    if len(items) <= _MOST_OF_ONE:
        return items
    return items[: _MOST_OF_ONE // 2] + items[-_MOST_OF_ONE // 2 :]


def _walk(elements: tuple[_Element, ...], words: Words, i: int, step: int) -> int | None:
    """Fit the elements from word ``i`` on; the index after the last, or None."""
    for place, element in enumerate(elements):
        rest = elements[place + 1 :]
        if element.gap:
            for skipped in range(element.gap + 1):
                end = _walk(rest, words, i + step * skipped, step)
                if end is not None:
                    return end
                j = i + step * skipped
                if not 0 <= j < len(words) or words.words[j] in (STOP, QUESTION):
                    return None
            return None
        if 0 <= i < len(words) and element.fits(words, i):
            if element.optional:
                end = _walk(rest, words, i + step, step)
                return end if end is not None else _walk(rest, words, i, step)
            i += step
        elif not element.optional:
            return None
    return i


def _within_edges(edges: _Edges, words: Words, start: int, end: int) -> bool:
    ends = (STOP, QUESTION)
    if edges.start and edges.end:  # a whole sentence
        whole = start == 0 or words.words[start - 1] in ends
        return whole and (end == len(words) or words.words[end] in ends)
    if edges.start and not starts_clause(words, start):
        return False
    return not edges.end or end == len(words) or words.words[end] in ends


def starts_clause(words: Words, i: int) -> bool:
    """Tell whether word ``i`` opens a sentence or a clause."""
    if i == 0 or i in words.commas or words.words[i - 1] in (STOP, QUESTION):
        return True
    return words.words[i - 1] in _CLAUSE_OPENERS


def _longest(found: Iterable[Match]) -> Iterator[Match]:
    last_end: dict[str, int] = {}
    for match in sorted(found, key=lambda m: (m.start, -m.end, m.key)):
        if match.end > last_end.get(match.key, 0):
            last_end[match.key] = match.end
            yield match


def _readings(elements: list[_Element]) -> int:
    count = 1
    for element in elements:
        count *= len(element.lemmas) + element.optional
    return count


_COMMON = word_set(
    "be have do get go a the my his her i he she it they we you not in on at of to and is out up "
    "off with for from feel start keep take not cannot no"
)


def _commonness(element: _Element) -> int:
    return len((element.lemmas | element.forms) & _COMMON)
