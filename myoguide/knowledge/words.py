"""Words and phrases: the one place that says when two texts say the same thing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


def words(text: str) -> list[str]:
    """Lower-case words without apostrophes, so that "it's" and "its" are one."""
    bare = text.lower().replace("'", "").replace("\u2019", "")
    return re.findall(r"[a-z0-9]+", bare)


def without_entities(example: str) -> str:
    """A training example as the person typed it, without Rasa's [value](entity) marks."""
    return _ENTITY.sub(r"\1", example)


def shingles(sequence: list[str], size: int) -> set[tuple[str, ...]]:
    """Every run of ``size`` words; empty when the sequence is shorter."""
    return {tuple(sequence[i : i + size]) for i in range(len(sequence) - size + 1)}


def phrase_body(phrase: str) -> str:
    """A regular expression for the phrase; a ``*`` stands for any ending of a word.

    Spaces match line breaks and hyphens too: "brain stem" finds "brain-stem".
    """
    parts = re.split(r"[\s-]+", phrase)
    return r"[\s-]+".join(re.escape(part).replace(r"\*", r"\w*") for part in parts)


def has_any(text: str, phrases: Iterable[str]) -> bool:
    """Whether at least one of the phrases stands in the text."""
    return find_any(text, phrases) is not None


def find_any(text: str, phrases: Iterable[str]) -> re.Match[str] | None:
    """The first whole word or phrase of the list in the text, in any case."""
    return _any_of(tuple(phrases)).search(text)


def without_any(text: str, phrases: Iterable[str], stand_in: str) -> str:
    """The text with every one of the phrases replaced."""
    return _any_of(tuple(phrases)).sub(stand_in, text)


@cache
def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    bodies = "|".join(phrase_body(phrase) for phrase in longest_first) or r"(?!)"
    return re.compile(rf"(?<!\w)(?:{bodies})(?!\w)", re.IGNORECASE)
