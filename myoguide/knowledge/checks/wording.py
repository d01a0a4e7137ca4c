"""An answer reads easily, explains its terms and keeps to the house's English."""

from __future__ import annotations

import re
from collections.abc import Iterator

from myoguide.knowledge.fault import Fault
from myoguide.knowledge.pack import Pack, Reply
from myoguide.knowledge.reading import reading_grade
from myoguide.knowledge.terms import TermFinder
from myoguide.knowledge.words import find_any, has_any, without_any

MAX_WORDS = 120
MAX_GRADE = 8.0
MAX_LABEL = 60
# The grade of a sentence or two is chance: one long word decides it.
MIN_GRADED_WORDS = 20

# What the house does not write, and what it writes instead.
HOUSE_ENGLISH = {
    "your GP": "a doctor",
    "anemia": "anaemia",
    "anesthetic": "anaesthetic",
    "apologize*": "apologise",
    "behavior*": "behaviour",
    "center": "centre",
    "centers": "centres",
    "color*": "colour",
    "diaper": "nappy",
    "diapers": "nappies",
    "diarrhea": "diarrhoea",
    "edema": "oedema",
    "emphasize*": "emphasise",
    "esophagus": "oesophagus",
    "fetal": "foetal",
    "fetus": "foetus",
    "fiber": "fibre",
    "fibers": "fibres",
    "fulfill": "fulfil",
    "generalize*": "generalise",
    "gray": "grey",
    "hemorrhage": "haemorrhage",
    "labor": "labour",
    "leukemia": "leukaemia",
    "mom": "mum",
    "moms": "mums",
    "neighbor*": "neighbour",
    "organize*": "organise",
    "pediatric*": "paediatric",
    "realize*": "realise",
    "recognize*": "recognise",
    "skeptical": "sceptical",
    "sleep apnea": "sleep apnoea",
    "specialize*": "specialise",
    "stabilize*": "stabilise",
    "summarize*": "summarise",
    "tumor": "tumour",
    "tumors": "tumours",
    "unrecognized": "unrecognised",
}

# Endings that only medical words have; a word with one belongs in the glossary.
_MEDICAL_ENDING = re.compile(
    r"\b[a-z-]*(?:itis|osis|opathy|oplegia|plegia|algia|oclonus|kinesia|aemia|graphy|azepam"
    r"|azine|setron|pam|etam|oate|trigine|barbital)\b",
    re.IGNORECASE,
)
_EVERYDAY = {"photography", "geography", "float", "diagnosis", "prognosis"}
_GAP = "\u00a6"  # stands where a term was, so that the words around it do not grow together
_MARKUP = re.compile(
    r"https?://|www\.|^\s*#|\*\*|__|\]\(|[\U0001F300-\U0001FAFF\u2600-\u27BF]", re.MULTILINE
)


def answers_are_short(pack: Pack) -> Iterator[Fault]:
    """An answer of more than 120 words."""
    for answer in pack.answers.values():
        count = len(answer.text.split())
        if count > MAX_WORDS:
            reason = f"{answer.name} has {count} words, more than {MAX_WORDS}"
            yield Fault(answer.file, answer.line, reason, "Leave out what its question did not ask")


def texts_read_easily(pack: Pack) -> Iterator[Fault]:
    """A reading grade over 8, the glossary's terms set aside."""
    terms = TermFinder(pack.terms.values())
    for reply in (*pack.answers.values(), *pack.replies):
        if len(reply.text.split()) < MIN_GRADED_WORDS:
            continue
        grade = reading_grade(reply.text, terms)
        if grade > MAX_GRADE:
            reason = f"{reply.name} reads at grade {grade:.1f}, over {MAX_GRADE:.0f}"
            remedy = "Cut long sentences in two and choose shorter words"
            yield Fault(reply.file, reply.line, reason, remedy)


def terms_are_explained(pack: Pack) -> Iterator[Fault]:
    """A glossary term that stands in an answer without plain words for it."""
    terms = TermFinder(pack.terms.values())
    for answer in pack.answers.values():
        for term, form in terms.used(answer.text).items():
            around = without_any(answer.text, term.forms, _GAP)
            if term.explained_by and not has_any(around, term.explained_by):
                reason = f"{answer.name} does not explain '{form}' ({term.plain})"
                remedy = f"Add plain words such as: {', '.join(term.explained_by[:6])}"
                yield Fault(answer.file, answer.line, reason, remedy)


def medical_words_are_listed(pack: Pack) -> Iterator[Fault]:
    """A word with a medical ending that the glossary does not know."""
    terms = TermFinder(pack.terms.values())
    for answer in pack.answers.values():
        rest = terms.replaced(answer.text, _GAP)
        for word in dict.fromkeys(match.group() for match in _MEDICAL_ENDING.finditer(rest)):
            if word.lower() not in _EVERYDAY:
                reason = f"{answer.name} uses '{word}', which the glossary does not list"
                remedy = "Use a plain word, or add the term to data/glossary.yml"
                yield Fault(answer.file, answer.line, reason, remedy)


def labels_are_short(pack: Pack) -> Iterator[Fault]:
    """A label that is missing or does not fit on a button."""
    for answer in pack.answers.values():
        if not answer.label:
            reason, remedy = "has no label", "Add 'label', the question in a person's words"
        elif len(answer.label) > MAX_LABEL:
            reason = f"has a label of {len(answer.label)} characters"
            remedy = f"Shorten it to {MAX_LABEL}"
        else:
            continue
        yield Fault(answer.file, answer.line, f"{answer.name} {reason}", remedy)


def english_is_the_houses(pack: Pack) -> Iterator[Fault]:
    """American spelling, or "your GP", which not every reader has."""
    for answer in pack.answers.values():
        yield from _foreign(answer, f"{answer.label}\n{answer.text}")
    for reply in pack.replies:
        yield from _foreign(reply, reply.text)


def answers_are_plain_text(pack: Pack) -> Iterator[Fault]:
    """Links, headings, bold or emoji: not every channel can show them."""
    for answer in pack.answers.values():
        match = _MARKUP.search(answer.text)
        if match:
            reason = f"{answer.name} holds markup: '{match.group().strip()}'"
            yield Fault(answer.file, answer.line, reason, "Write plain text")


def _foreign(reply: Reply, said: str) -> Iterator[Fault]:
    for wrong, right in HOUSE_ENGLISH.items():
        match = find_any(said, [wrong])
        if match:
            ending = match.group()[len(wrong.rstrip("*")) :]
            reason = f"{reply.name} says '{match.group()}'"
            yield Fault(reply.file, reply.line, reason, f"Write '{right}{ending}'")
