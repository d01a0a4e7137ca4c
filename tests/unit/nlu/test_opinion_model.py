"""The second opinion speaks up where it is sure, sooner about what is suspected already."""

import numpy as np
import pytest
import yaml

from myoguide.nlu.opinion_model import (
    Limits,
    OpinionModel,
    Reading,
    opinion,
    read_messages,
    read_pairs,
)
from myoguide.safety import load
from myoguide.safety.screen import Shown

LEVEL_OF = {"stroke_signs": "emergency", "self_harm": "emergency", "new_medicine": "urgent"}
LIMITS = Limits(
    alone={"emergency": 0.8, "urgent": 0.8, "routine": 0.8},
    suspected={"emergency": 0.3, "urgent": 0.3, "routine": 0.3},
)
# One direction for each kind of message.
AXES = {"stroke_signs": 0, "self_harm": 1, "new_medicine": 2, "none": 3, "taken_back": 4}


def towards(*shares: tuple[str, float]) -> np.ndarray:
    vector = np.zeros(len(AXES), dtype=np.float32)
    for name, share in shares:
        vector[AXES[name]] = share
    return vector / np.linalg.norm(vector)


@pytest.fixture(scope="module")
def model() -> OpinionModel:
    told = [name for name in AXES if name != "taken_back" for _ in range(20)]
    vectors = np.stack([towards((name, 1.0)) for name in told])
    ends = ["still", "taken_back"] * 20
    still = towards(("stroke_signs", 1.0))
    over = towards(("stroke_signs", 1.0), ("taken_back", 1.0))
    pairs = np.stack([over if end == "taken_back" else still for end in ends])
    last = np.stack([towards(("taken_back" if e == "taken_back" else "none", 1.0)) for e in ends])
    questions = np.stack([towards(("none", 1.0))] * 4000)
    return OpinionModel.fit(told, vectors, told, pairs, last, ends, questions, c=20.0)


def read(model: OpinionModel, *shares: tuple[str, float], text: str = "") -> Reading:
    return model.read(text, towards(*shares), LEVEL_OF)


def test_it_names_the_sign_and_its_level_where_it_is_sure(model):
    seen = opinion(read(model, ("self_harm", 1.0), text="self_harm"), (), LIMITS)
    assert (seen.id, seen.level) == ("self_harm", "emergency")


def test_it_says_nothing_of_a_harmless_message(model):
    assert opinion(read(model, ("none", 1.0), text="none"), (), LIMITS) is None


def test_a_doubtful_message_counts_only_if_the_screen_suspects_the_sign_too(model):
    unsure = read(model, ("stroke_signs", 1.0), ("none", 1.0), text="stroke_signs none")
    suspected = (Shown("stroke_signs", "emergency", ()),)
    assert opinion(unsure, (), LIMITS) is None
    assert opinion(unsure, suspected, LIMITS) == suspected[0]


def test_words_and_meaning_both_count(model):
    meant, said = ("stroke_signs", 1.0), "self_harm"
    reading = read(model, meant, text=said)
    assert reading.signs["stroke_signs"] > reading.signs["self_harm"] > 0.2
    assert read(model, meant).signs["self_harm"] < 0.2


def test_a_level_is_as_likely_as_its_signs_and_all_higher_ones_together(model):
    reading = Reading({"stroke_signs": 0.3, "self_harm": 0.2, "new_medicine": 0.4}, LEVEL_OF)
    assert reading.at_least("emergency") == pytest.approx(0.5)
    assert reading.at_least("urgent") == reading.at_least("routine") == pytest.approx(0.9)
    assert reading.likeliest(["self_harm", "new_medicine"]) == "new_medicine"


def test_a_suspicion_that_it_does_not_share_is_dropped(model):
    suspected = (Shown("stroke_signs", "emergency", ()),)
    assert opinion(read(model, ("none", 1.0), text="none"), suspected, LIMITS) is None


def test_it_tells_what_is_taken_back_from_what_still_counts(model):
    taken_back = towards(("stroke_signs", 1.0), ("taken_back", 1.0))
    assert model.taken_back(taken_back) > 0.5 > model.taken_back(towards(("stroke_signs", 1.0)))


def test_what_takes_nothing_back_by_itself_needs_no_second_reading(model):
    assert model.may_take_back(towards(("taken_back", 1.0), ("none", 0.5)))
    assert not model.may_take_back(towards(("none", 1.0)))


def test_it_reads_the_same_after_being_saved(model, tmp_path):
    model.save(tmp_path / "opinion.npz")
    again = OpinionModel.load(tmp_path / "opinion.npz")
    shares = ("new_medicine", 1.0), ("none", 0.5)
    first, second = (read(m, *shares, text="stroke_signs").signs for m in (model, again))
    assert second == pytest.approx(first, abs=1e-3)
    vector = towards(*shares)
    assert again.taken_back(vector) == pytest.approx(model.taken_back(vector))
    back = towards(("taken_back", 1.0))
    assert again.may_take_back(back) and model.may_take_back(back)


def test_every_message_is_filed_under_a_sign_of_the_protocol():
    signs = {sign.id for sign in load().signs.values()}
    told = read_messages("data/safety/second_opinion", signs)
    assert {message.sign for message in told} == {*signs, "none"}


def test_an_unknown_sign_is_named_with_its_file(tmp_path):
    (tmp_path / "wrong.yml").write_text(yaml.safe_dump({"stroke_sings": ["x"]}))
    with pytest.raises(ValueError, match=r"wrong\.yml.*stroke_sings"):
        read_messages(tmp_path, {"stroke_signs"})


def test_conversations_are_filed_as_taken_back_or_still_counting(tmp_path):
    labels = {label for _, label in read_pairs("data/safety/taken_back.yml")}
    assert labels == {"taken_back", "still"}
    (tmp_path / "wrong.yml").write_text(yaml.safe_dump({"taken": ["x"]}))
    with pytest.raises(ValueError, match=r"wrong\.yml.*taken_back"):
        read_pairs(tmp_path / "wrong.yml")
