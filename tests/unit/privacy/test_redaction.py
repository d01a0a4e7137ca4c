import time

import pytest

from evaluation.figures import by_key
from evaluation.redaction import score_redaction
from evaluation.sets import load
from myoguide.privacy import find, redact


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("my name is john smith and i jerk", "my name is [name] and i jerk"),
        ("My son Tom twitches", "My son [name] twitches"),
        ("Dr. Patel said so", "Dr. [name] said so"),
        ("write to a.b@example.org please", "write to [email] please"),
        ("john dot doe at gmail dot com", "[email]"),
        ("call me on 07700 900123", "call me on [telephone]"),
        ("I live at 12 Oak Street, Leeds", "I live at [address]"),
        ("NHS number 943 476 5919", "NHS number [number]"),
        ("card 4111 1111 1111 1111", "card [number]"),
        ("I was born on 12/05/1962", "I was born on [date of birth]"),
    ],
)
def test_personal_data_gives_way_to_what_it_was(text, kept):
    assert redact(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "my dad has Parkinson's and shakes",
        "is it Lennox-Gastaut or Fejerman syndrome",
        "Bell's palsy, Graves disease, Tourette's, Wilson's disease",
        "500 mg twice a day for 6 weeks, 39.1 degrees, 120/80",
        "began 14:02 and it is 14:09 now, 5 to 10 minutes",
        "it started on 12/05/2024",
        "should I call 112 or 911",
        "my wife kicks and my son jerks",
        "I am scared. I'm German. Will it go away? May I ask?",
    ],
)
def test_what_is_about_health_stays(text):
    assert redact(text) == text


def test_a_second_pass_changes_nothing():
    for item in load().personal:
        once = redact(item.text)
        assert redact(once) == once, item.id


def test_spans_are_in_order_within_the_text_and_apart():
    for item in load().personal:
        spans = find(item.text)
        ends = [0, *(span.end for span in spans)]
        for span, before in zip(spans, ends, strict=False):
            assert before <= span.start < span.end <= len(item.text)


def test_at_least_three_hundred_messages_are_scored_and_the_floors_hold():
    items = load().personal
    figures = by_key(score_redaction(items))
    assert len(items) >= 300
    assert figures["redaction.recall"].share.value >= 0.90
    assert figures["redaction.precision"].share.value >= 0.95


@pytest.mark.parametrize(
    "part",
    ["", " ", "\n", "💥", "a", "1", "@", "1 ", "a1", "12 a ", "nhs number ", "flat 1 ", "a at "],
)
def test_anything_can_be_read_and_takes_no_long_time(part):
    text = (part * 2000)[:2000]
    started = time.thread_time()
    assert isinstance(redact(text), str)
    assert time.thread_time() - started < 1.0
