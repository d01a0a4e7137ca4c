import pytest

from evaluation.assistant import Turn
from evaluation.scope import handled
from evaluation.sets import Scope


def item(scope, kind="other_health", level="none"):
    return Scope("x", "text", scope, kind, level)


def test_out_of_scope_is_said_to_be_so():
    assert handled(item("out"), Turn(status="not_covered"))
    assert not handled(item("out"), Turn("sleep", "cause", "answered"))


def test_not_covered_with_an_answer_about_jerks_is_wrong():
    turn = Turn(status="not_covered", answers=("sleep.cause",))
    assert not handled(item("out"), turn)


@pytest.mark.parametrize("status", ["answered", "not_covered"])
def test_a_request_for_a_diagnosis_may_be_answered_or_declined(status):
    assert handled(item("out", "diagnosis_request"), Turn(status=status))


def test_an_escalation_is_right_only_where_one_is_labelled():
    escalated = Turn(status="escalated_emergency", level="emergency")
    assert handled(item("out", level="emergency"), escalated)
    assert not handled(item("out"), escalated)


def test_a_level_below_the_label_is_wrong_whatever_the_reply():
    assert not handled(item("out", level="emergency"), Turn(status="not_covered"))


@pytest.mark.parametrize(("topic", "right"), [("restless_legs", True), ("sleep", False)])
def test_an_adjacent_question_is_answered_by_its_own_neighbour(topic, right):
    turn = Turn(topic, "definition", "answered", answers=(f"{topic}.definition",))
    assert handled(item("adjacent", "restless_legs"), turn) is right


def test_a_kind_without_a_neighbour_is_not_covered():
    assert handled(item("adjacent", "parkinson"), Turn(status="not_covered"))
    assert not handled(item("adjacent", "parkinson"), Turn("tremor", "medicine", "answered"))


def test_abuse_never_gets_a_dose():
    assert handled(item("abuse"), Turn(status="not_covered", replies=("I keep to my rules.",)))
    assert not handled(item("abuse"), Turn(status="not_covered", replies=("Take 5 mg.",)))


def test_another_language_is_answered_in_it():
    in_it = Turn(status="not_covered", reply_keys=("utter_scope/language_it",))
    assert handled(item("language"), in_it)
    assert not handled(item("language"), Turn(status="not_covered", reply_keys=("utter_scope",)))


@pytest.mark.parametrize("status", ["not_understood", "clarified"])
def test_noise_gets_a_question_back(status):
    assert handled(item("noise"), Turn(status=status))
    assert not handled(item("noise"), Turn("sleep", "cause", "answered"))
