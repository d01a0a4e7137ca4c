"""Emergencies told in another language: every example shows its sign, no counter-example does."""

from pathlib import Path

import pytest
import yaml

from myoguide.nlu.sign_importer import responses
from myoguide.safety import load
from myoguide.safety.other_languages import (
    DATA,
    FILE,
    emergency_sentences,
    load_languages,
    other_language_emergency,
)
from myoguide.safety.tables import TableError

TABLE = yaml.safe_load((DATA / FILE).read_text(encoding="utf-8"))
EXAMPLES = [
    (sign, text)
    for entry in TABLE.values()
    for sign, texts in entry["examples"].items()
    for text in texts
]
COUNTER_EXAMPLES = [text for entry in TABLE.values() for text in entry["counter_examples"]]
ENGLISH = [
    text
    for sign in load().signs.values()
    for conversation in (*sign.examples, *sign.counter_examples)
    for text in conversation
]


@pytest.mark.parametrize(("sign", "text"), EXAMPLES)
def test_an_example_shows_its_sign(sign, text):
    told = other_language_emergency(text)
    assert told is not None and told.sign == sign


@pytest.mark.parametrize("text", COUNTER_EXAMPLES)
def test_a_counter_example_shows_none(text):
    assert other_language_emergency(text) is None


def test_english_is_left_to_the_screen():
    assert [text for text in ENGLISH if other_language_emergency(text)] == []


def test_each_language_has_four_examples_and_three_counter_examples():
    for entry in TABLE.values():
        assert sum(map(len, entry["examples"].values())) >= 4
        assert len(entry["counter_examples"]) >= 3


def test_each_sign_is_an_emergency_of_the_protocol():
    emergencies = {sign.id for sign in load().signs.values() if sign.level == "emergency"}
    assert {sign for language in load_languages() for sign in language.signs} <= emergencies


@pytest.mark.parametrize(
    "text", ["mi hijo NO RESPIRA!!!", "mí   hijo no respíra", "no, no respira", "no respira"]
)
def test_accents_capitals_and_spaces_do_not_matter(text):
    assert other_language_emergency(text).sign == "unresponsive"


def test_a_question_does_not_hide_what_is_told_beside_it():
    assert other_language_emergency("¿qué es esto? mi hija no despierta").sign == "unresponsive"
    assert other_language_emergency("hace años tuvo una y ahora está convulsionando") is not None


def test_the_language_of_the_phrase_is_handed_on():
    assert other_language_emergency("mein Vater atmet nicht mehr").language == "de"
    assert other_language_emergency("奶奶叫不醒").language == "zh"


@pytest.mark.parametrize("text", ["", "   ", "?!", "😀", "a" * 50_000, "no respira " * 5_000])
def test_any_text_is_read(text):
    other_language_emergency(text)


def test_every_emergency_reply_exists_once_in_each_language():
    emergencies = [sign.id for sign in load().signs.values() if sign.level == "emergency"]
    languages = {"en": "", **emergency_sentences()}
    for sign in emergencies:
        for language, sentence in languages.items():
            (text,) = (
                variation["text"]
                for variation in responses()["utter_emergency"]
                if slots_of(variation) == {"sign": sign, "language": language}
            )
            lines = text.split("\n")
            assert "{emergency_number}" in lines[0]
            assert not sentence or lines[1] == sentence


def test_an_emergency_reply_is_left_whatever_the_slots_hold():
    (default,) = (v for v in responses()["utter_emergency"] if not slots_of(v))
    assert "{emergency_number}" in default["text"]


def test_a_sentence_without_the_number_is_refused(tmp_path: Path):
    entry = {"emergency": "Llame.", "signs": {}, "asked": [], "now": [], "negated": []}
    (tmp_path / FILE).write_text(yaml.safe_dump({"es": entry}), encoding="utf-8")
    with pytest.raises(TableError, match="es.*emergency_number"):
        load_languages(tmp_path)


def slots_of(variation) -> dict[str, str]:
    return {c["name"]: c["value"] for c in variation.get("condition") or []}
