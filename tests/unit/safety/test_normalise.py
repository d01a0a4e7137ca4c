"""A message as people type it becomes plain words."""

import pytest

from myoguide.safety.normalise import HEAD, TAIL, normalise


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("HE CAN’T BREATHE!!", "he cannot breathe ."),
        ("cant breath", "cannot breath"),
        ("shes un\u200bconscious", "she is unconscious"),
        ("seizur", "seizure"),
        ("siezure", "seizure"),
        ("unconcious", "unconscious"),
        ("passedout", "passed out"),
        ("seeeizure", "seizure"),
        ("non-stop", "nonstop"),
        ("naïve 😀 twitch", "naive twitch"),
    ],
)
def test_spelling_and_slang(shipped, text, words):
    assert " ".join(normalise(text, shipped.vocabulary).words) == words


@pytest.mark.parametrize("word", ["feeding", "measure", "leisure", "sneeze", "witness", "baking"])
def test_an_ordinary_word_is_not_corrected_into_a_sign(shipped, word):
    assert normalise(word, shipped.vocabulary).words == (word,)


def test_an_overlong_message_keeps_head_and_tail(shipped):
    text = "he passed out " + "la " * 5000 + " she is blue"
    words = normalise(text, shipped.vocabulary).words
    assert words[:3] == ("he", "passed", "out")
    assert words[-1] == "blue"
    assert sum(map(len, words)) < HEAD + TAIL
