"""What a reply is about, from a reading and the conversation so far."""

from myoguide.nlu.decide import Limits, Turn, answer_id, decide
from myoguide.nlu.question_model import Reading

ANSWERS = {
    f"{topic}.{aspect}"
    for topic in ("myoclonus", "sleep", "infant", "hiccups")
    for aspect in ("definition", "cause", "danger", "treatment", "self_report")
} | {"hiccups.medicine", "infant.diagnosis"}


def reading(topics, aspects=None):
    return Reading(topics, aspects or {"cause": 0.9, "context": 0.1}, familiarity=1.0)


def test_a_clear_question_is_answered_whatever_was_talked_about_before():
    before = [Turn("infant", "danger", "answered")]
    decision = decide(reading({"sleep": 0.8, "context": 0.2}), before, ANSWERS)
    assert (decision.intent, decision.topic, decision.aspect) == ("ask", "sleep", "cause")


def test_a_question_without_a_topic_is_about_the_topic_before():
    before = [Turn("hiccups", "definition", "answered")]
    decision = decide(reading({"context": 0.8, "myoclonus": 0.1, "sleep": 0.1}), before, ANSWERS)
    assert decision.topic == "hiccups"


def test_a_question_without_a_topic_is_general_when_nothing_was_said_before():
    decision = decide(reading({"context": 0.9, "sleep": 0.1}), [], ANSWERS)
    assert decision.topic == "myoclonus"


def test_what_seems_to_follow_on_something_is_rather_out_of_scope_in_a_first_message():
    braces = reading({"context": 0.5, "scope/other_health": 0.3, "myoclonus": 0.02})
    assert decide(braces, [], ANSWERS).intent == "scope/other_health"
    after = [Turn("sleep", "cause", "answered")]
    assert decide(braces, after, ANSWERS).topic == "sleep"


def test_a_topic_alone_takes_the_aspect_asked_before():
    before = [Turn("sleep", "danger", "answered")]
    decision = decide(reading({"infant": 0.9}, {"context": 0.9, "cause": 0.1}), before, ANSWERS)
    assert (decision.topic, decision.aspect) == ("infant", "danger")


def test_a_topic_that_has_no_such_answer_is_told_of():
    before = [Turn("myoclonus", "types", "answered")]
    decision = decide(reading({"infant": 0.9}, {"context": 0.9, "cause": 0.1}), before, ANSWERS)
    assert (decision.topic, decision.aspect) == ("infant", "definition")


def test_after_a_medicine_or_a_test_most_questions_are_about_it():
    drowsy = {"danger": 0.6, "medicine": 0.2}
    before = [Turn("hiccups", "medicine", "answered")]
    assert decide(reading({"context": 0.9}, drowsy), before, ANSWERS).aspect == "medicine"
    painful = {"danger": 0.5, "diagnosis": 0.3}
    before = [Turn("infant", "diagnosis", "answered")]
    assert decide(reading({"context": 0.9}, painful), before, ANSWERS).aspect == "diagnosis"


def test_what_is_told_in_between_leaves_the_question_before_it_standing():
    before = [Turn("hiccups", "medicine", "answered"), Turn("hiccups", "self_report", "answered")]
    unclear = reading({"context": 0.9}, {"danger": 0.5, "medicine": 0.3})
    assert decide(unclear, before, ANSWERS).aspect == "medicine"
    of_another = [Turn("sleep", "cause", "answered"), *before[1:]]
    assert decide(unclear, of_another, ANSWERS).aspect == "danger"


def test_but_not_on_another_topic_nor_when_another_thing_is_clearly_asked():
    before = [Turn("hiccups", "medicine", "answered")]
    harmful = {"danger": 0.6, "medicine": 0.2}
    assert decide(reading({"infant": 0.9}, harmful), before, ANSWERS).aspect == "danger"
    clear = {"cause": 0.9, "medicine": 0.1}
    assert decide(reading({"context": 0.9}, clear), before, ANSWERS).aspect == "cause"


def test_the_context_fades_with_every_message_that_does_not_touch_it():
    recent = [Turn("hiccups", "cause", "answered")]
    faded = recent + [Turn(None, None, "small_talk")] * 6
    open_question = reading({"context": 0.6, "sleep": 0.4})
    assert decide(open_question, recent, ANSWERS).topic == "hiccups"
    assert decide(open_question, faded, ANSWERS).topic != "hiccups"


def test_small_talk_is_small_talk():
    decision = decide(reading({"chitchat/thanks": 0.9, "sleep": 0.1}), [], ANSWERS)
    assert decision.intent == "chitchat/thanks"


def test_what_is_no_question_about_jerks_is_none_in_a_conversation_either():
    before = [Turn("hiccups", "treatment", "answered")]
    better = reading({"chitchat/better": 0.4, "hiccups": 0.2, "context": 0.2})
    assert decide(better, before, ANSWERS).intent == "chitchat/better"


def test_go_back_returns_to_the_topic_before_this_one():
    before = [Turn("sleep", "cause", "answered"), Turn("hiccups", "danger", "answered")]
    decision = decide(reading({"reference/back": 0.9, "sleep": 0.1}), before, ANSWERS)
    assert (decision.topic, decision.aspect) == ("sleep", "cause")


def test_tell_me_more_brings_what_was_not_told_yet():
    before = [Turn("sleep", "definition", "answered")]
    decision = decide(reading({"reference/more": 0.9, "sleep": 0.1}), before, ANSWERS)
    assert (decision.topic, decision.aspect) == ("sleep", "cause")


def test_a_reference_into_an_empty_conversation_is_asked_back():
    decision = decide(reading({"reference/more": 0.9, "sleep": 0.1}), [], ANSWERS)
    assert decision.intent == "noise/unclear"


UNSURE = {"sleep": 0.2, "hiccups": 0.19, "infant": 0.18, "startle": 0.17, "focal": 0.16}


def test_close_answers_are_offered_and_never_more_than_three():
    decision = decide(reading(UNSURE), [], ANSWERS, Limits(topic=0.3, close=0.7))
    assert decision.intent == "clarify"
    assert 2 <= len(decision.options) <= 3


def test_it_never_asks_back_twice_in_a_row():
    before = [Turn(None, None, "clarified")]
    decision = decide(reading(UNSURE), before, ANSWERS, Limits(topic=0.3, close=0.7))
    assert decision.intent == "ask"


def test_an_aspect_without_an_answer_falls_to_the_nearest_that_has_one():
    assert answer_id("sleep", "medicine", ANSWERS) == "sleep.treatment"
    assert answer_id("sleep", "types", ANSWERS) == "sleep.definition"
    neighbour = {"tremor.definition", "tremor.treatment"}
    assert answer_id("tremor", "cause", neighbour) == "tremor.treatment"


def test_back_to_a_named_topic_brings_the_aspect_it_had():
    before = [Turn("sleep", "danger", "answered"), Turn("hiccups", "cause", "answered")]
    returning = reading({"sleep": 0.6, "reference/back": 0.2}, {"context": 0.9, "cause": 0.1})
    decision = decide(returning, before, ANSWERS)
    assert (decision.topic, decision.aspect) == ("sleep", "danger")
    onwards = reading({"sleep": 0.8}, {"context": 0.9, "cause": 0.1})
    assert decide(onwards, before, ANSWERS).aspect == "cause"


def test_back_finds_the_topic_that_the_message_points_to():
    before = [
        Turn("infant", "danger", "answered"),
        Turn("sleep", "cause", "answered"),
        Turn("hiccups", "treatment", "answered"),
    ]
    pointing = reading({"reference/back": 0.8, "infant": 0.1}, {"context": 1.0})
    decision = decide(pointing, before, ANSWERS)
    assert (decision.topic, decision.aspect) == ("infant", "danger")
    by_aspect = reading({"reference/back": 0.8}, {"danger": 0.7, "context": 0.3})
    assert decide(by_aspect, before, ANSWERS).topic == "infant"
