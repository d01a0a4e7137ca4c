"""A medicine that the message names decides which answer is about it. Pure functions.

"Does carbamazepine help?" in the middle of talk about babies is not about babies: it is answered
where the curated content speaks of carbamazepine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from myoguide.knowledge import Answer, Term

ASPECTS = ("medicine", "treatment")
# Topics whose answers on medicines are the most general, tried first.
PREFERRED = ("epileptic", "myoclonus", "benign")
_MEDICINE = re.compile(r"\b(medicine|medicines|herb|drug)\b", re.IGNORECASE)


def medicines(terms: Mapping[str, Term]) -> dict[str, re.Pattern[str]]:
    """A pattern for the forms of each glossary term that is a medicine."""
    return {
        name: re.compile(r"\b(" + "|".join(map(re.escape, term.forms)) + r")\b", re.IGNORECASE)
        for name, term in terms.items()
        if _MEDICINE.search(term.plain)
    }


def answer_about(
    text: str, chosen: str, answers: Mapping[str, Answer], patterns: Mapping[str, re.Pattern[str]]
) -> str:
    """``chosen``, or the medicine answer that names what the message names and ``chosen`` does not.

    Answers and ids as in the content pack ("epileptic.medicine").
    """
    topic, _, aspect = chosen.partition(".")
    named = [pattern for pattern in patterns.values() if pattern.search(text)]
    if aspect not in ASPECTS or not named:
        return chosen

    def speaks_of_it(answer: str) -> bool:
        return answer in answers and any(p.search(answers[answer].text) for p in named)

    if speaks_of_it(chosen):
        return chosen
    topics = dict.fromkeys([topic, *PREFERRED, *(a.topic for a in answers.values())])
    candidates = (f"{name}.{kind}" for kind in ASPECTS for name in topics)
    return next(filter(speaks_of_it, candidates), chosen)
