"""Finds the glossary's medical terms in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from myoguide.knowledge.pack import Term
from myoguide.knowledge.words import phrase_body


class TermFinder:
    """Finds terms by any of their forms, the longest first: "negative myoclonus" is one term."""

    def __init__(self, terms: Iterable[Term]) -> None:
        pairs = [(form, term) for term in terms for form in term.forms]
        pairs.sort(key=lambda pair: -len(pair[0]))
        self._terms = [term for _, term in pairs]
        groups = "|".join(f"({phrase_body(form)})" for form, _ in pairs) or r"(?!)"
        self._pattern = re.compile(rf"(?<!\w)(?:{groups})(?!\w)", re.IGNORECASE)

    def used(self, text: str) -> dict[Term, str]:
        """Each term in the text, with the form in which it first stands there."""
        found: dict[Term, str] = {}
        for match in self._pattern.finditer(text):
            found.setdefault(self._terms[(match.lastindex or 1) - 1], match.group())
        return found

    def replaced(self, text: str, stand_in: str) -> str:
        """The text with every term replaced."""
        return self._pattern.sub(stand_in, text)
