"""Rasa's cache of training must not give vectors or models that older code made."""

import shutil

import pytest

from myoguide.nlu import sentence_encoder
from myoguide.nlu.question_classifier import QuestionClassifier
from myoguide.nlu.second_opinion import SecondOpinion
from myoguide.nlu.sentence_encoder import MADE_BY, SentenceEncoderFeaturizer

# All that a training runs through, named here again so that none is forgotten there.
CODE = [
    "build_encoder.py",
    "encoder.py",
    "opinion_model.py",
    "question_classifier.py",
    "question_model.py",
    "second_opinion.py",
    "sentence_encoder.py",
    "trained.py",
    "word_counts.py",
]
COMPONENTS = (SentenceEncoderFeaturizer, QuestionClassifier, SecondOpinion)


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("name", [*CODE, "adapter.npz"])
def test_a_change_in_what_makes_them_trains_anew(component, name, tmp_path, monkeypatch):
    for file in MADE_BY:
        shutil.copy(sentence_encoder.HERE / file, tmp_path)
    monkeypatch.setattr(sentence_encoder, "HERE", tmp_path)
    before = component.fingerprint_addon({})
    assert component.fingerprint_addon({}) == before
    with (tmp_path / name).open("ab") as file:
        file.write(b"\n")
    assert component.fingerprint_addon({}) != before
