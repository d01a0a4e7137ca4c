"""A corrected claim never stands without its correction."""

from __future__ import annotations

TOPIC = "topics/sleep.yml"


def test_a_claim_without_its_correction_is_told_with_what_to_say(folder):
    folder.change(TOPIC, "It can make jerks worse, so ask", "Ask")

    fault = folder.faults()[0]
    assert fault.reason == (
        "sleep.medicine carries S04 without its correction (it can make jerks worse)"
    )
    assert "worse, worsen*" in fault.remedy


def test_a_word_with_any_ending_can_be_the_correction(folder):
    folder.change(TOPIC, "It can make jerks worse", "It can be worsening jerks")

    assert folder.faults() == []


def test_part_of_another_word_is_no_correction(folder):
    folder.change(TOPIC, "It can make jerks worse", "It can make jerks worsted")

    assert len(folder.faults()) == 1


def test_a_conditional_correction_is_asked_for_only_where_its_matter_stands(folder):
    folder.change(TOPIC, "worse, so", "worse. Some get the new medicine, so")
    assert len(folder.faults()) == 1

    folder.change(TOPIC, "new medicine, so", "new medicine, but not in pregnancy, so")
    assert folder.faults() == []


def test_a_corrected_matter_without_its_claim_is_told(folder):
    folder.change(TOPIC, "comes once and", "is no case for the medicine carbamazepine and")

    assert folder.reasons() == ["sleep.cause speaks of 'carbamazepine' but does not name claim S04"]


def test_a_claim_to_be_corrected_without_words_to_check_is_told(folder):
    folder.change("claims.yml", "  needs:\n", "  reminders:\n")

    assert folder.reasons() == ["S04 is to be corrected, but lacks 'say' or 'needs'"]
