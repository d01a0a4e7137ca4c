"""Length, reading grade, medical terms, labels and the house's English."""

from __future__ import annotations

import pytest

from myoguide.knowledge.pack import Term
from myoguide.knowledge.reading import reading_grade
from myoguide.knowledge.terms import TermFinder

TOPIC = "topics/sleep.yml"
FIRST = "It comes once and then stops."
HARD = (
    "Characteristically, involuntary muscular contractions accompany physiological transitions "
    "between wakefulness and unconsciousness, particularly following considerable exertion, "
    "insufficient recuperation, or excessive stimulation throughout preceding evenings."
)


def test_an_answer_over_120_words_is_told(folder):
    folder.change(TOPIC, FIRST, "It is so. " * 37)

    assert folder.reasons() == ["sleep.cause has 122 words, more than 120"]


def test_a_text_that_is_hard_to_read_is_told_with_its_grade(folder):
    folder.change(TOPIC, FIRST, HARD)

    assert any(reason.startswith("sleep.cause reads at grade 2") for reason in folder.reasons())


def test_dialogue_and_safety_texts_are_read_for_their_grade_too(folder):
    folder.write("dialogue/scope.yml", f"responses:\n  utter_scope:\n  - text: '{HARD}'\n")
    folder.write(
        "safety/signs.yml", f"- id: fever\n  examples: ['{HARD}']\n  say: {{first: '{HARD}'}}\n"
    )

    assert [reason.split(" reads")[0] for reason in folder.reasons()] == [
        "utter_scope",
        "fever.say",
    ]


def test_medical_terms_are_excused_from_the_grade(folder):
    term = Term("EEG", ("electroencephalography",), "", (), folder.data, 1)
    text = "The doctor may use electroencephalography. It does not hurt at all."

    assert reading_grade(text, TermFinder([term])) < reading_grade(text, TermFinder([])) - 2


def test_a_list_item_without_a_full_stop_ends_where_its_line_ends():
    items = "- rest well at night\n- eat a good meal\n- walk a lot each day"

    assert reading_grade(items, TermFinder([])) < 3


def test_an_unexplained_term_is_told(folder):
    folder.change(TOPIC, FIRST, "An EEG shows it.")

    assert folder.reasons() == [
        "sleep.cause does not explain 'EEG' (A recording of the brain's activity.)"
    ]


def test_plain_words_in_the_same_answer_explain_a_term(folder):
    folder.change(TOPIC, FIRST, "An EEG (a painless recording) shows it.")

    assert folder.faults() == []


def test_a_term_does_not_explain_itself(folder):
    folder.change("glossary.yml", "[recording, records the brain]", "[EEG]")
    folder.change(TOPIC, FIRST, "An EEG shows it.")

    assert len(folder.faults()) == 1


def test_a_term_without_explanations_is_only_excused(folder):
    folder.change("glossary.yml", "  explained_by: [recording, records the brain]\n", "")
    folder.change(TOPIC, FIRST, "An EEG shows it.")

    assert folder.faults() == []


def test_the_longest_term_counts_where_one_holds_another():
    short = Term("jerk", ("jerk",), "", (), None, 1)
    long = Term("sleep jerk", ("sleep jerk",), "", (), None, 1)
    finder = TermFinder([short, long])

    assert finder.used("A sleep\njerk is one.") == {long: "sleep\njerk"}


def test_a_medical_word_that_the_glossary_lacks_is_told(folder):
    folder.change(TOPIC, FIRST, "It is not arthritis.")

    assert folder.reasons() == ["sleep.cause uses 'arthritis', which the glossary does not list"]


def test_a_missing_label_is_told(folder):
    folder.change(TOPIC, '      label: "Is there a medicine for it?"\n', "")

    assert folder.reasons() == ["sleep.medicine has no label"]


def test_a_label_over_60_characters_is_told(folder):
    folder.change(TOPIC, "Is there a medicine for it?", "x" * 61)

    assert folder.reasons() == ["sleep.medicine has a label of 61 characters"]


@pytest.mark.parametrize(
    ("said", "wrong", "right"),
    [
        ("See your GP.", "your GP", "a doctor"),
        ("The color is fine.", "color", "colour"),
        ("Doctors recognized it.", "recognized", "recognised"),
    ],
)
def test_english_that_is_not_the_houses_is_told_with_the_right_word(folder, said, wrong, right):
    folder.change(TOPIC, FIRST, said)

    fault = folder.faults()[0]
    assert (fault.reason, fault.remedy) == (f"sleep.cause says '{wrong}'", f"Write '{right}'")


@pytest.mark.parametrize("markup", ["**bold**", "https://x.uk", "\n      # Heading", "\U0001f600"])
def test_markup_is_told(folder, markup):
    folder.change(TOPIC, FIRST, f"It comes once. {markup}")

    assert any("holds markup" in reason for reason in folder.reasons())
