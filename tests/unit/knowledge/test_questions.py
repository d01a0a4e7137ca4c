"""Questions that stand twice, are hardly reworded, or repeat the evaluation."""

from __future__ import annotations

import json

TOPIC = "topics/sleep.yml"
CAUSE = "reason for bedtime jolts"
LONG = "my husband leaps in bed the second he nods off. how come"


def evaluation(folder, **item):
    folder.sets.mkdir(exist_ok=True)
    (folder.sets / "info.jsonl").write_text(json.dumps({"id": "i7", **item}) + "\n")


def test_the_same_question_under_two_answers_is_told(folder):
    folder.change(TOPIC, "herbal drops?", "Reason for BEDTIME jolts?!")

    fault = folder.faults()[0]
    assert fault.line == 23
    assert "(ask/sleep.medicine) is the same as sleep.yml:8 (ask/sleep.cause)" in fault.reason


def test_the_same_question_twice_under_one_answer_is_told(folder):
    folder.change(TOPIC, "what sets these off", CAUSE)

    assert len(folder.faults()) == 1


def test_small_talk_and_questions_do_not_share_an_example(folder):
    folder.write("dialogue/chat.yml", f"nlu:\n- intent: chat\n  examples: |\n    - {CAUSE}\n")

    assert len(folder.faults()) == 1


def test_small_talk_may_greet_twice(folder):
    folder.write(
        "dialogue/chat.yml", "nlu:\n- intent: hi\n  examples: |\n    - hello\n    - HELLO\n"
    )

    assert folder.faults() == []


def test_a_question_reworded_by_two_words_names_the_pair(folder):
    folder.change(TOPIC, "herbal drops?", LONG.replace("husband", "wife").replace("leaps", "kicks"))

    (fault,) = folder.faults()
    assert f"differs by a word or two from '{LONG}'" in fault.reason


def test_a_question_reworded_by_three_words_is_another(folder):
    new = LONG.replace("husband", "wife").replace("leaps", "kicks").replace("bed", "sleep")
    folder.change(TOPIC, "herbal drops?", new)

    assert folder.faults() == []


def test_a_short_question_differing_by_a_third_of_its_words_is_another(folder):
    folder.change(TOPIC, "herbal drops?", "reason for her kicks")

    assert folder.faults() == []


def test_a_pair_in_two_files_is_told_in_both(folder):
    folder.write(
        "topics/startle.yml", f"nlu:\n- intent: ask/startle.cause\n  examples: |\n    - oh {LONG}\n"
    )

    pair = [fault for fault in folder.faults() if "a word or two" in fault.reason]
    assert [fault.file.name for fault in pair] == ["sleep.yml", "startle.yml"]


def test_dialogue_may_stand_close_to_a_topics_question(folder):
    folder.write("dialogue/chat.yml", f"nlu:\n- intent: chat\n  examples: |\n    - oh {LONG}\n")

    assert folder.faults() == []


def test_an_evaluation_sentence_in_the_training_data_is_told_by_its_id_only(folder):
    evaluation(folder, text="Why do I jump, just as I'm dropping off?")

    (fault,) = folder.faults()
    assert (fault.line, fault.reason) == (5, "this line repeats the evaluation sentence i7")


def test_most_of_an_evaluation_sentence_is_told(folder):
    evaluation(folder, turns=["hello", {"text": f"doctor {LONG} please"}])

    assert len(folder.faults()) == 1


def test_a_few_words_in_common_with_an_evaluation_sentence_are_no_fault(folder):
    evaluation(folder, text="my husband leaps in bed and then he shouts at the cat for hours")

    assert folder.faults() == []
