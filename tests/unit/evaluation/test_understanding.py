import pytest

from evaluation.assistant import Turn
from evaluation.figures import by_key
from evaluation.sets import Dialogue, Info, Message
from evaluation.understanding import (
    both_right,
    calibration,
    calibration_error,
    false_alarm,
    info_misses,
    level_right,
    score_dialogues,
    score_info,
    topic_confusion,
)


def message(topics=("sleep",), aspects=("cause",), level="none"):
    return Message("why do i jump in bed", topics, aspects, level)


def figures(tables):
    return {key: figure.share.value for key, figure in by_key(tables).items()}


@pytest.mark.parametrize("topic", ["sleep", "startle"])
def test_any_listed_topic_is_right(topic):
    assert both_right(message(("sleep", "startle")), Turn(topic, "cause", "answered"))


def test_a_right_topic_with_a_wrong_aspect_is_not_both_right():
    assert not both_right(message(), Turn("sleep", "danger", "answered"))


@pytest.mark.parametrize(
    ("turn", "right"),
    [
        (Turn(None, None, "answered"), True),
        (Turn("sleep", "cause", "small_talk"), True),
        (Turn("sleep", "cause", "answered"), False),
    ],
)
def test_a_turn_without_labels_expects_no_answer(turn, right):
    assert both_right(message((), ()), turn) is right


def test_a_question_that_is_turned_away_is_counted():
    items = [Info(str(n), message()) for n in range(4)]
    statuses = ("not_covered", "not_understood", "small_talk", "clarified")
    said = {str(n): [Turn(None, None, status)] for n, status in enumerate(statuses)}
    scores = figures(score_info(items, said))
    assert scores["info.turned_away"] == 0.75
    assert scores["info.clarified"] == 0.25
    assert scores["info.topic"] == 0


@pytest.mark.parametrize(
    ("label", "level", "right"),
    [
        ("none", "none", True),
        ("none", "routine", True),
        ("none", "urgent", False),
        ("routine", "none", False),
        ("routine", "urgent", False),
        ("urgent", "emergency", True),
        ("emergency", "urgent", False),
    ],
)
def test_a_level_is_right_when_reached_and_no_alarm_is_raised_for_nothing(label, level, right):
    assert level_right(label, level) is right


@pytest.mark.parametrize(
    ("label", "level", "alarm"),
    [("none", "urgent", True), ("urgent", "urgent", False), ("none", "routine", False)],
)
def test_a_false_alarm_is_urgent_or_emergency_beyond_the_label(label, level, alarm):
    assert false_alarm(label, level) is alarm


def test_later_turns_leave_out_the_first_of_each_dialogue():
    items = [Dialogue("d", (message(), message(), message()))]
    wrong, right = Turn("tic", "cause", "answered"), Turn("sleep", "cause", "answered")
    scores = figures(score_dialogues(items, {"d": [wrong, right, wrong]}))
    assert scores["dialogues.both"] == pytest.approx(1 / 3)
    assert scores["dialogues.later"] == 0.5


def test_the_surest_mistake_weighs_most():
    items = [Info("unsure", message()), Info("sure", message())]
    said = {
        "unsure": [Turn("tic", "cause", "answered", topics=(("tic", 0.3),))],
        "sure": [Turn("tic", "cause", "answered", topics=(("tic", 0.9),))],
    }
    heaviest = max(info_misses(items, said), key=lambda miss: miss.weight)
    assert heaviest.id == "sure"


def test_confusion_keeps_only_topics_with_errors():
    items = [Info("a", message()), Info("b", message()), Info("c", message(("hiccups",)))]
    said = {
        "a": [Turn("sleep", "cause", "answered")],
        "b": [Turn(None, None, "not_covered")],
        "c": [Turn("hiccups", "cause", "answered")],
    }
    table = topic_confusion(items, said)
    assert table.rows == ("sleep",)
    assert table.counts == {("sleep", "sleep"): 1, ("sleep", "(none)"): 1}


def test_calibration_compares_confidence_with_what_was_right():
    items = [Info(str(n), message()) for n in range(2)]
    said = {
        "0": [Turn("sleep", "cause", "answered", topics=(("sleep", 0.9),))],
        "1": [Turn("tic", "cause", "answered", topics=(("tic", 0.9),))],
    }
    bins = calibration(items, said)
    assert [(bin.confidence, bin.right, bin.count) for bin in bins] == [(0.9, 0.5, 2)]
    assert calibration_error(bins) == pytest.approx(0.4)
