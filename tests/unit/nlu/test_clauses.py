"""A message may ask two questions."""

import pytest

from myoguide.nlu.clauses import questions_of


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "What is asterixis? And who treats it?",
            ["What is asterixis?", "And who treats it?"],
        ),
        (
            "My gran's hands flap. Why do they? Is there a tablet?",
            ["My gran's hands flap. Why do they?", "Is there a tablet?"],
        ),
        (
            "what causes hiccups and how do i stop them",
            ["what causes hiccups", "how do i stop them"],
        ),
    ],
)
def test_two_questions_are_told_apart(text, parts):
    assert questions_of(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "???",
        "what causes hiccups",
        "my eyelid jumps and my arm does too",
        "I wonder how they treat it and what helps",
        "is it a tic or a twitch?",
        "why? how? what? who?",
        "Why does it happen? Thanks",
    ],
)
def test_one_question_none_or_many_are_left_whole(text):
    assert questions_of(text) == []
