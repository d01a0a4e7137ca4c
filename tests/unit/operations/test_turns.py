"""What is told of a turn; and whether Rasa still has the places where it is watched."""

from __future__ import annotations

import inspect

import pytest
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.graph import GraphNode
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from myoguide.nlu.question_classifier import QuestionClassifier
from myoguide.nlu.safety_screen import STATUS_OF, SafetyScreen
from myoguide.nlu.sentence_encoder import SentenceEncoderFeaturizer
from myoguide.operations import metrics
from myoguide.operations.turns import STAGE_OF, WATCH, ended, request_id


def tracker(*events) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("somebody", list(events))


def said(status: str | None, **screening) -> UserUttered:
    entities = [{"entity": "status", "value": status}] if status else []
    return UserUttered("words", entities=entities, parse_data={"screening": screening})


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_the_places_that_are_watched_are_still_in_rasa():
    for owner, name in (
        (Agent, "handle_message"),
        (MessageProcessor, "handle_message"),
        (MessageProcessor, "get_tracker"),
        (MessageProcessor, "save_tracker"),
        (MessageProcessor, "_send_bot_messages"),
        (RemoteAction, "run"),
    ):
        assert inspect.iscoroutinefunction(inspect.unwrap(getattr(owner, name))), name
    assert "_component_class" in inspect.getsource(GraphNode.__init__)
    assert "self.graph_runner.run(" in inspect.getsource(MessageProcessor._parse_message_with_graph)


def test_the_places_that_readiness_plays_its_emergency_through_are_still_in_rasa():
    for name in (
        "_handle_message_with_tracker",
        "run_action_extract_slots",
        "_run_prediction_loop",
    ):
        assert inspect.iscoroutinefunction(getattr(MessageProcessor, name)), name


def test_stages_are_told_by_the_names_of_our_components():
    there = {SafetyScreen, SentenceEncoderFeaturizer, QuestionClassifier}
    assert {component.__name__ for component in there} <= set(STAGE_OF)
    assert set(STAGE_OF.values()) <= set(metrics.STAGES)


def test_every_status_that_the_screen_gives_is_counted():
    assert set(STATUS_OF.values()) <= set(metrics.STATUSES)


def test_a_turn_ends_with_the_status_that_its_message_brought():
    found = tracker(said("answered"), said("escalated_urgent", level="urgent", new_signs=["x"]))
    assert ended(found) == ("escalated_urgent", "urgent")


def test_a_status_that_an_action_sets_comes_last():
    assert ended(tracker(said(None), SlotSet("status", "answered"))) == ("answered", None)


def test_a_sign_that_was_told_before_is_not_counted_again():
    found = tracker(said("answered", level="urgent", new_signs=[]))
    assert ended(found) == ("answered", None)


def test_the_status_of_an_earlier_turn_is_not_taken_for_this_one():
    assert ended(tracker(said("answered"), said(None))) == (None, None)


def test_words_in_the_place_of_a_status_are_not_counted():
    assert ended(tracker(said("my son Tom jerks", level="Tom", new_signs=["x"]))) == (None, None)


def test_a_channel_that_there_is_not_is_counted_as_other():
    before = value("myoguide_messages_total", channel=metrics.OTHER)
    with WATCH.turn(UserMessage("hello", input_channel="+44 7700 900123")) as turn:
        assert turn.channel == metrics.OTHER
    assert value("myoguide_messages_total", channel=metrics.OTHER) == before + 1
    assert "7700" not in metrics.exposed().decode()


def test_a_turn_that_fails_is_counted_and_no_longer_under_way():
    before = value("myoguide_errors_total", where="turn")
    with pytest.raises(RuntimeError), WATCH.turn(UserMessage("hello")):
        assert WATCH.in_progress == 1
        raise RuntimeError
    assert value("myoguide_errors_total", where="turn") == before + 1
    assert WATCH.in_progress == 0
    assert value("myoguide_messages_waiting") == 0


def test_each_turn_has_an_id_of_its_own():
    with WATCH.turn(UserMessage("one")):
        first = request_id()
    with WATCH.turn(UserMessage("two")):
        second = request_id()
    assert first and second and first != second
    assert request_id() is None


def test_the_line_about_a_turn_says_nothing_of_what_it_was_about(caplog):
    with caplog.at_level("INFO"), WATCH.turn(UserMessage("jerks", sender_id="tom@example.org")):
        pass
    (record,) = caplog.records
    assert set(record.fields) == {"channel", "outcome", "ms", "stages_ms"}
    assert "tom" not in str(record.__dict__) and "jerks" not in str(record.__dict__)
