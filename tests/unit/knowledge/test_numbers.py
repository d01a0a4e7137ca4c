"""Doses and telephone numbers stay out of every text."""

from __future__ import annotations

import pytest

from myoguide.knowledge.checks.numbers import DOSE, PHONE

TOPIC = "topics/sleep.yml"
FIRST = "It comes once and then stops."

DOSES = [
    "500 mg",
    "2.5ml",
    "0,5 g",
    "50 micrograms",
    "two tablets",
    "20 drops",
    "a teaspoon",
    "three times a day",
    "twice daily",
    "every 4 to 6 hours",
]
NO_DOSES = [
    "about 150 people",
    "at least 7 hours of sleep",
    "gone by 2 to 7 months",
    "several times a minute",
    "for 5 minutes or more",
    "any tablets or drops",
    "a drop of the held-out hand",
    "5 good reasons",
]
PHONES = [
    "call 999",
    "ring NHS 111",
    "112 or 911",
    "116 123",
    "+44 20 7946 0958",
    "1-800-222-1222",
    "(020) 7946-0958",
    "text SHOUT to 85258",
    "13 11 14",
]
NO_PHONES = [
    "longer than 48 hours",
    "in 1982 and 2013",
    "from 2014-2019",
    "NG217",
    "1,000 people",
    "9 to 12 hours",
    "call a doctor within 24 hours",
    "call {emergency_number}",
]


@pytest.mark.parametrize("said", DOSES)
def test_a_dose_is_recognised(said):
    assert DOSE.search(f"People take {said} of it.")


@pytest.mark.parametrize("said", NO_DOSES)
def test_other_amounts_are_no_dose(said):
    assert not DOSE.search(f"It says {said} here.")


@pytest.mark.parametrize("said", PHONES)
def test_a_telephone_number_is_recognised(said):
    assert PHONE.search(f"Please {said}.")


@pytest.mark.parametrize("said", NO_PHONES)
def test_other_numbers_are_no_telephone_number(folder, said):
    folder.change(TOPIC, FIRST, f"It comes once ({said}).")

    assert folder.faults() == []


def test_a_dose_in_an_answer_is_told(folder):
    folder.change(TOPIC, FIRST, "Some use 500 mg of it.")

    assert folder.reasons() == ["sleep.cause holds a dose: '500 mg'"]


def test_a_telephone_number_in_an_answer_is_told(folder):
    folder.change(TOPIC, FIRST, "If it lasts, call 999.")

    assert folder.reasons() == ["sleep.cause holds a telephone number: 'call 999'"]


def test_dialogue_and_safety_texts_are_searched_but_not_contacts_or_examples(folder):
    folder.write("dialogue/help.yml", "responses:\n  utter_help:\n  - text: Ring 112.\n")
    folder.write("safety/contacts.yml", 'GB: {emergency: "999", say: "999"}')
    folder.write(
        "safety/signs.yml",
        "poisoning:\n  examples: [she took 30 tablets]\n  say:\n    steps: [Give 10 ml.]\n",
    )

    assert folder.reasons() == [
        "utter_help holds a telephone number: 'Ring 112'",
        "poisoning.say holds a dose: '10 ml'",
    ]
