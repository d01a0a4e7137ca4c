"""What points nowhere, and what nothing points at."""

from __future__ import annotations

TOPIC = "topics/sleep.yml"


def test_an_answer_without_a_claim_is_told(folder):
    folder.change(TOPIC, "      claims: [C01]\n", "")

    assert "sleep.cause names no claim" in folder.reasons()


def test_an_answer_without_a_source_is_told(folder):
    folder.change(TOPIC, "sources: [article, nhs]", "sources: []")

    assert folder.reasons() == ["sleep.cause names no source"]


def test_an_unknown_claim_is_told_on_its_line(folder):
    folder.change(TOPIC, "claims: [C01]", "claims: [C01, Z99]")

    fault = folder.faults()[0]
    assert (fault.line, fault.reason) == (37, "unknown claim 'Z99'")


def test_an_unknown_source_is_told_for_answers_and_claims(folder):
    folder.change(TOPIC, "sources: [article, nhs]", "sources: [hearsay]")
    folder.change("claims.yml", "sources: [article, nhs]", "sources: [gossip]")

    assert folder.reasons() == ["unknown source 'gossip'", "unknown source 'hearsay'"]


def test_a_claim_that_no_answer_carries_is_told(folder):
    extra = "\nD01:\n  section: startle\n  claim: It is a reflex.\n  verdict: {}\n"
    for verdict in ("keep", "restore", "[restore, qualify]"):
        folder.write("claims.yml", (folder.data / "claims.yml").read_text() + extra.format(verdict))

        assert "no answer carries claim D01 (It is a reflex.)" in folder.reasons()
        folder.change("claims.yml", extra.format(verdict), "")


def test_an_unknown_next_answer_is_told(folder):
    folder.change(TOPIC, "next: [sleep.cause]", "next: [sleep.nowhere]")

    assert folder.reasons() == ["unknown next answer 'sleep.nowhere'"]


def test_an_answer_that_offers_itself_is_told(folder):
    folder.change(TOPIC, "next: [sleep.cause]", "next: [sleep.medicine]")

    assert folder.reasons() == ["sleep.medicine offers itself"]


def test_questions_without_an_answer_are_told(folder):
    folder.change(TOPIC, "utter_ask/sleep.cause:", "utter_ask/sleep.danger:")

    assert "ask/sleep.cause has questions but no answer" in folder.reasons()


def test_an_answer_without_questions_is_told(folder):
    folder.change(TOPIC, "intent: ask/sleep.cause", "intent: greet")

    assert folder.reasons() == ["sleep.cause has no example questions"]


def test_fewer_than_twelve_questions_are_told(folder):
    folder.change(TOPIC, "    - herbal drops?\n", "")

    assert folder.reasons() == ["sleep.medicine has 11 example questions, fewer than 12"]


def test_small_talk_needs_neither_claims_nor_twelve_questions(folder):
    folder.write(
        "dialogue/greeting.yml",
        "nlu:\n- intent: greet\n  examples: |\n    - hello you\nresponses:\n"
        "  utter_greet:\n  - text: Hello.\n",
    )

    assert folder.faults() == []


def test_a_topic_in_another_topics_file_is_told_once_for_questions_and_answer(folder):
    (folder.data / TOPIC).rename(folder.data / "topics/startle.yml")

    assert folder.reasons() == [
        "sleep.cause does not belong in startle.yml",
        "sleep.medicine does not belong in startle.yml",
    ]


def test_an_aspect_that_is_none_is_told(folder):
    folder.change(TOPIC, "sleep.cause", "sleep.because")

    assert folder.reasons() == ["'because' is not an aspect"]
