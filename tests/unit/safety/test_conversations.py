"""Several messages: what was told before counts, until it is taken back."""

import pytest


def test_findings_of_two_messages_combine(cautious):
    screening = cautious("He's awake when it happens.", ["My baby keeps jerking."])
    assert screening.sign == "infant_awake_jerks"


def test_an_escalation_stays(cautious):
    screening = cautious("ok thank you", ["my dad collapsed and won't wake up"])
    assert screening.level == "emergency"
    assert not screening.signs[0].new


def test_a_sign_of_this_message_is_new(cautious):
    assert cautious("my dad collapsed and won't wake up", ["hello"]).signs[0].new


def test_what_was_only_asked_before_does_not_count(cautious):
    assert cautious("thanks", ["Is passing out a sign of epilepsy?"]).level == "none"


def test_a_retraction_ends_the_escalation(cautious):
    for correction in (
        "sorry, I meant last year",
        "typo, he did not",
        "ignore that, wrong chat",
        "I was only joking",
        "actually that was ten years ago",
    ):
        screening = cautious(correction, ["my brother passed out"])
        assert screening.retracted, correction
        assert screening.level == "none", correction


def test_a_retraction_with_a_new_sign_still_escalates(cautious):
    screening = cautious("sorry, typo: he is NOT waking up", ["my brother fell asleep"])
    assert screening.level == "emergency"


def test_thoughts_of_suicide_are_not_undone_by_a_joke(cautious):
    assert cautious("just kidding", ["I want to kill myself"]).sign == "self_harm"


def test_a_lasting_trait_survives_a_retraction(cautious):
    earlier = ["I have liver disease and I passed out", "sorry, I meant last year"]
    assert cautious("my hands are flapping", earlier).sign == "confusion_with_flapping"


def test_help_that_has_come_is_noticed(cautious):
    assert cautious("the ambulance is here", ["he won't wake up"]).help_is_there
    assert not cautious("when does the ambulance come", ["he won't wake up"]).help_is_there


def test_what_is_known_to_be_taken_back_no_longer_counts(cautious):
    told = ["my dad's face has dropped on one side and his speech is slurred"]
    reply = "the lighting was odd, I have looked again by daylight"
    assert cautious(reply, told).level == "emergency"
    assert cautious(reply, told, {1}).level == "none"
    assert cautious("thanks", [*told, reply], {1}).level == "none"


@pytest.mark.parametrize(
    ("reply", "may"),
    [("oh wait, that was the telly", True), ("which hospital do you mean", False)],
)
def test_a_message_that_may_take_something_back_is_marked(cautious, reply, may):
    assert cautious(reply).perhaps_retracted is may
