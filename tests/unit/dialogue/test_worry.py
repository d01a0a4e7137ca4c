"""Worry is heard in a message, and only there."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


class Tracker:
    """What `worry_heard` reads of rasa_sdk's tracker."""

    def __init__(self, text):
        self.latest_message = {"text": text}
        self.events = [{"event": "user"}]


@pytest.fixture
def heard(monkeypatch):
    monkeypatch.chdir(ROOT)
    from actions.content import worry_heard

    return lambda text: worry_heard(Tracker(text))


@pytest.mark.parametrize(
    "text",
    ["im so scared, is it dangerous", "I'm WORRIED about my baby", "is it serious 😰",
     "cant stop thinking about this twitch", "freaking out here why does it jump"],
)  # fmt: skip
def test_worry_is_heard(heard, text):
    assert heard(text)


@pytest.mark.parametrize(
    "text",
    ["why do i twitch", "not worried, just curious: why", "can anxiety cause twitches",
     "no worries, what is a tic", "are hiccups a panic attack thing"],
)  # fmt: skip
def test_a_calm_question_is_not_treated_as_worried(heard, text):
    assert not heard(text)


def test_what_is_said_is_no_empty_reassurance(monkeypatch):
    monkeypatch.chdir(ROOT)
    from actions.content import wording

    for sentence in wording("worry")["heard"]:
        assert sentence.count(".") <= 2
        empty = ("don't worry", "do not worry", "fine", "calm")
        assert not any(words in sentence.lower() for words in empty)
