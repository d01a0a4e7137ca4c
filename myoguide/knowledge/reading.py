"""How hard a text is to read, with the medical terms set aside."""

from __future__ import annotations

import re

import textstat

from myoguide.knowledge.terms import TermFinder

# A term counts as one word of one syllable: it must be there, and is explained in the answer.
_STAND_IN = "term"
_BULLET = re.compile(r"^\s*-\s+", re.MULTILINE)


def reading_grade(text: str, terms: TermFinder) -> float:
    """The Flesch-Kincaid grade (years of US schooling) of the text.

    Every line counts as ended, since a list item without a full stop still ends there.
    """
    lines = [line.strip() for line in _BULLET.sub("", text).splitlines() if line.strip()]
    prose = " ".join(line if line[-1] in ".!?" else f"{line.rstrip(':;,')}." for line in lines)
    return float(textstat.flesch_kincaid_grade(terms.replaced(prose, _STAND_IN)))
