"""A sign survives typing slips and company; no text makes the screen fail."""

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from myoguide.safety import load
from myoguide.safety.signs import LEVELS

SCREEN = load()
POSITIVES = [
    (sign.level, example)
    for sign in SCREEN.signs.values()
    if sign.level in ("emergency", "urgent")
    for example in sign.examples
]
FILLERS = (
    "hi there",
    "sorry to bother you",
    "bit worried here",
    "thanks for being there",
    "not sure who to ask",
)
QUESTIONS = (
    "What is sleep myoclonus?",
    "And is magnesium good for cramps?",
    "How common are hiccups?",
)
SHORTEST = 6  # letters of a word in which a slip is still recognisable
JOINTS = (". ", ", ", " 😟 ", "\n")
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def level(conversation) -> int:
    *earlier, text = conversation
    return LEVELS.index(SCREEN(text, earlier).cautious().level)


def with_last(conversation, text):
    return (*conversation[:-1], text)


def slip(word: str, place: int, kind: str) -> str:
    """One letter missing, doubled or swapped with the next, not at the ends of the word."""
    place = 1 + place % (len(word) - 3)
    if kind == "missing":
        return word[:place] + word[place + 1 :]
    if kind == "doubled":
        return word[: place + 1] + word[place:]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def slips_of(conversation):
    """Every slip in a long word of the last message that does not make another English word."""
    words = conversation[-1].split()
    for i, word in enumerate(words):
        if not (word.isalpha() and len(word) >= SHORTEST):
            continue
        for kind in ("missing", "doubled", "swapped"):
            for place in range(len(word) - 3):
                typed = slip(word, place, kind)
                if not SCREEN.vocabulary.spelling.is_word(typed.lower()):
                    yield with_last(conversation, " ".join([*words[:i], typed, *words[i + 1 :]]))


def test_a_slip_in_a_long_word_hardly_ever_lowers_the_level():
    """A few slips lie as near to another word of the vocabulary ("locking", "looking")."""
    slipped = [(w, typed) for w, c in POSITIVES for typed in slips_of(c)][::3]
    kept = sum(level(typed) >= LEVELS.index(wanted) for wanted, typed in slipped)
    assert kept / len(slipped) >= 0.995


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda t: t.replace(" ", "   ")])
@pytest.mark.parametrize(("wanted", "conversation"), POSITIVES)
def test_case_and_spaces_never_lower_the_level(wanted, conversation, change):
    assert level([change(t) for t in conversation]) >= LEVELS.index(wanted)


def test_filler_before_or_after_never_lowers_the_level():
    lowered = []
    for (wanted, conversation), filler, joint in product(POSITIVES, FILLERS, JOINTS):
        for parts in ((filler, conversation[-1]), (conversation[-1], filler)):
            said = with_last(conversation, joint.join(parts))
            if level(said) < LEVELS.index(wanted):
                lowered.append(said)
    assert lowered == []


def test_a_second_harmless_question_never_lowers_the_level():
    lowered = []
    for (wanted, conversation), question in product(POSITIVES, QUESTIONS):
        said = with_last(conversation, f"{conversation[-1]}. {question}")
        if level(said) < LEVELS.index(wanted):
            lowered.append(said)
    assert lowered == []


@FUZZ
@given(st.text(max_size=10_000))
def test_any_text_is_screened_without_an_exception(text):
    SCREEN(text)


@FUZZ
@given(st.lists(st.sampled_from(sorted(SCREEN.findings.patterns.words)), max_size=1500))
def test_any_pile_of_safety_words_is_screened_without_an_exception(words):
    SCREEN(" ".join(words))
