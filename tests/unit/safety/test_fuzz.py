"""A sign survives typing slips and company; no text makes the screen fail."""

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
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def level(conversation) -> int:
    *earlier, text = conversation
    return LEVELS.index(SCREEN(text, earlier).level)


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


@FUZZ
@given(
    st.sampled_from(POSITIVES), st.data(), st.sampled_from(("missing", "doubled", "swapped"))
)
def test_a_slip_in_a_long_word_never_lowers_the_level(positive, data, kind):
    wanted, conversation = positive
    words = conversation[-1].split()
    long = [i for i, word in enumerate(words) if word.isalpha() and len(word) >= SHORTEST]
    if not long:
        return
    i = data.draw(st.sampled_from(long))
    typed = slip(words[i], data.draw(st.integers(0, 20)), kind)
    if SCREEN.vocabulary.spelling.is_word(typed.lower()):
        return  # the slip made another English word
    changed = with_last(conversation, " ".join([*words[:i], typed, *words[i + 1 :]]))
    assert level(changed) >= LEVELS.index(wanted)


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda t: t.replace(" ", "   ")])
@pytest.mark.parametrize(("wanted", "conversation"), POSITIVES)
def test_case_and_spaces_never_lower_the_level(wanted, conversation, change):
    assert level([change(t) for t in conversation]) >= LEVELS.index(wanted)


@FUZZ
@given(
    st.sampled_from(POSITIVES),
    st.sampled_from(FILLERS),
    st.sampled_from((". ", ", ", " 😟 ", "\n")),
    st.booleans(),
)
def test_filler_before_or_after_never_lowers_the_level(positive, filler, joint, first):
    wanted, conversation = positive
    parts = (filler, conversation[-1]) if first else (conversation[-1], filler)
    assert level(with_last(conversation, joint.join(parts))) >= LEVELS.index(wanted)


@FUZZ
@given(st.sampled_from(POSITIVES), st.sampled_from(QUESTIONS))
def test_a_second_harmless_question_never_lowers_the_level(positive, question):
    wanted, conversation = positive
    text = f"{conversation[-1]}. {question}"
    assert level(with_last(conversation, text)) >= LEVELS.index(wanted)


@FUZZ
@given(st.text(max_size=10_000))
def test_any_text_is_screened_without_an_exception(text):
    SCREEN(text)


@FUZZ
@given(st.lists(st.sampled_from(sorted(SCREEN.findings.patterns.words)), max_size=1500))
def test_any_pile_of_safety_words_is_screened_without_an_exception(words):
    SCREEN(" ".join(words))
