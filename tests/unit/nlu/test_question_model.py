"""Linear heads over sentence vectors and word counts."""

import numpy as np
import pytest
from scipy.sparse import hstack

from myoguide.nlu.question_classifier import calibrated
from myoguide.nlu.question_model import CONTEXT, QuestionModel, Reading, labels_of
from myoguide.nlu.word_counts import WordCounts

TEXTS = ["why do i jolt in bed", "are hiccups bad", "what causes it", "and in bed?", "taxes"]
INTENTS = ["ask/sleep.cause", "ask/hiccups.danger", "follow_up_cause", "topic_sleep", "scope/x"]


@pytest.fixture
def fitted():
    vectors = np.eye(len(INTENTS), 8, dtype=np.float32)
    return QuestionModel.fit(TEXTS, vectors, INTENTS, c=100.0), vectors


def test_an_intent_teaches_topic_and_aspect():
    assert labels_of("ask/sleep.cause") == ("sleep", "cause")
    assert labels_of("follow_up_cause") == (CONTEXT, "cause")
    assert labels_of("topic_sleep") == ("sleep", CONTEXT)
    assert labels_of("follow_up_back") == ("reference/back", None)
    assert labels_of("chitchat/thanks") == ("chitchat/thanks", None)


def test_what_was_learned_is_read_back(fitted):
    model, vectors = fitted
    reading = model.read(TEXTS[1], vectors[1])
    assert (reading.topic, reading.aspect) == ("hiccups", "danger")
    assert sum(reading.topics.values()) == pytest.approx(1)
    assert sum(reading.aspects.values()) == pytest.approx(1)


def test_a_stored_model_reads_the_same(fitted, tmp_path):
    model, vectors = fitted
    model.save(tmp_path / "model.npz")
    again = QuestionModel.load(tmp_path / "model.npz")
    assert again.read(TEXTS[0], vectors[0]).topics == pytest.approx(
        model.read(TEXTS[0], vectors[0]).topics, abs=1e-3
    )


def test_what_is_near_the_examples_is_more_familiar(fitted):
    model, vectors = fitted
    far = np.zeros(8, dtype=np.float32)
    far[7] = 1
    assert model.read(TEXTS[0], vectors[0]).familiarity > model.read("xyz", far).familiarity


def test_what_people_ask_more_often_weighs_more():
    reading = Reading({"sleep": 0.4, "spinal": 0.6}, {"cause": 1.0}, 0.0)
    assert reading.asked({}).topic == "spinal"
    assert reading.asked({"sleep": 3.0}).topic == "sleep"
    assert sum(reading.asked({"sleep": 3.0}).topics.values()) == pytest.approx(1)


def test_words_are_counted_as_the_counters_themselves_do():
    counts = WordCounts.fit(TEXTS, {"topic": ["a", "b", "c", "a", "b"]})
    for text in (*TEXTS, "Jolt, JOLT in bed!", "nothing known: zzzz", ""):
        columns, values = counts._count(text)
        wanted = hstack([c.transform([text]) for c in counts._counters.values()]).toarray()[0]
        found = np.zeros_like(wanted)
        found[columns] = values
        assert found == pytest.approx(wanted, abs=1e-6)


def test_what_is_told_of_confidence_is_surer_than_the_mean_and_keeps_its_order():
    found = [{"name": name, "confidence": score} for name, score in (("a", 0.7), ("b", 0.2))]
    sure = calibrated(found)
    assert [entry["name"] for entry in sure] == ["a", "b"]
    assert 0.85 < sure[0]["confidence"] < 0.9
    assert sum(entry["confidence"] for entry in sure) == pytest.approx(1)


def test_nothing_found_stays_nothing():
    assert calibrated([]) == []
    assert calibrated([{"name": "a", "confidence": 0.0}]) == [{"name": "a", "confidence": 0.0}]
