"""A named medicine is answered where the content speaks of it."""

import pytest

from myoguide.knowledge import load_pack
from myoguide.nlu.named_medicines import answer_about, medicines


@pytest.fixture(scope="module")
def pack():
    return load_pack("data")


@pytest.fixture(scope="module")
def about(pack):
    patterns = medicines(pack.terms)
    return lambda text, chosen: answer_about(text, chosen, pack.answers, patterns)


def test_carbamazepine_is_answered_with_why_it_can_be_unsafe(pack, about):
    answer = pack.answers[about("does carbamazepine help?", "infant.medicine")]
    assert "carbamazepine" in answer.text.lower()
    assert "worse" in answer.text.lower()
    assert "S04" in answer.claims


def test_an_answer_that_speaks_of_the_medicine_stays(about):
    assert about("is valerian any good", "myoclonus.medicine") == "myoclonus.medicine"


def test_a_question_that_names_no_medicine_stays(about):
    assert about("any pills for that?", "infant.medicine") == "infant.medicine"


def test_another_aspect_stays(about):
    assert about("carbamazepine gave me jerks", "sleep.cause") == "sleep.cause"
