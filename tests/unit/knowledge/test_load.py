"""The pack as others use it, and files that cannot be read."""

from __future__ import annotations

import pytest

from myoguide.knowledge import PackError, load_pack

TOPIC = "topics/sleep.yml"


def test_a_sound_pack_has_no_faults(folder):
    assert folder.faults() == []


def test_an_answer_is_found_by_topic_and_aspect(folder):
    answer = load_pack(folder.data).answers["sleep.cause"]

    assert (answer.topic, answer.aspect) == ("sleep", "cause")
    assert answer.text.startswith("Your muscles jerk")
    assert answer.label == "Why do I jerk as I fall asleep?"
    assert answer.claims == ("C01",)
    assert answer.next == ("sleep.medicine",)
    assert answer.reviewed == "2026-11-22"
    assert (answer.file.name, answer.line) == ("sleep.yml", 32)


def test_the_topics_tell_which_aspects_they_answer(folder):
    assert load_pack(folder.data).topics == {"sleep": ("cause", "medicine")}


def test_a_question_knows_its_line(folder):
    question = load_pack(folder.data).questions[1]

    assert (question.text, question.line) == ("every nite my leg kicks out, what makes it", 6)


def test_the_source_line_names_each_publisher_once_and_the_article_last(folder):
    pack = load_pack(folder.data)

    assert pack.source_line(pack.answers["sleep.cause"]) == "Source: NHS, the article"
    assert pack.source_line(pack.answers["sleep.medicine"]) == "Source: NHS, the article"


def test_the_references_give_every_title_in_full(folder):
    pack = load_pack(folder.data)

    assert pack.references(pack.answers["sleep.medicine"]) == [
        "“Twitching”. Health Service, 2026. https://x.uk",
        "“Hiccups”. Health Service, 2026.",
        "“What is it”. Its maker, undated.",
    ]


def test_entity_marks_are_no_part_of_a_question(folder):
    folder.change(TOPIC, "herbal drops?", 'herbal [drops](form) or [tea]{"entity": "form"}?')

    questions = load_pack(folder.data).questions
    assert "herbal drops or tea?" in [question.text for question in questions]


def test_broken_yaml_is_named_by_file_and_line(folder):
    folder.change(TOPIC, "claims: [C01]", "claims: [C01")

    with pytest.raises(PackError) as caught:
        load_pack(folder.data)
    fault = caught.value.faults[0]
    assert (fault.file.name, fault.line) == ("sleep.yml", 38)
    assert "not valid YAML" in fault.reason


def test_a_broken_file_does_not_hide_the_faults_of_the_others(folder):
    folder.write("topics/startle.yml", "nlu: [")
    folder.change(TOPIC, "next: [sleep.cause]", "next: [sleep.nowhere]")

    files = {fault.file.name for fault in folder.faults()}
    assert files == {"startle.yml", "sleep.yml"}


def test_an_answer_written_twice_in_a_file_is_told(folder):
    folder.change(TOPIC, "utter_ask/sleep.medicine:", "utter_ask/sleep.cause:")

    assert "'utter_ask/sleep.cause' stands twice" in folder.reasons()


def test_an_answer_written_in_two_files_is_told(folder):
    text = (folder.data / TOPIC).read_text(encoding="utf-8")
    folder.write("topics/startle.yml", "responses:" + text.partition("responses:")[2])

    assert "sleep.cause is answered in sleep.yml:32 already" in folder.reasons()


def test_a_second_variation_of_an_answer_is_told(folder):
    folder.change(
        TOPIC, "  utter_ask/sleep.medicine:", "  - text: Another.\n  utter_ask/sleep.medicine:"
    )

    assert "utter_ask/sleep.cause is not one text" in folder.reasons()


def test_an_example_without_a_dash_is_told_with_its_line(folder):
    folder.change(TOPIC, "    - herbal drops?", "    herbal drops?")

    fault = folder.faults()[-1]
    assert (fault.line, fault.reason) == (
        23,
        "an example of ask/sleep.medicine does not begin with '- '",
    )


@pytest.mark.parametrize("table", ["claims.yml", "sources.yml", "glossary.yml"])
def test_a_missing_table_is_told_alone(folder, table):
    (folder.data / table).unlink()

    assert folder.reasons() == ["the file is missing"]


@pytest.mark.parametrize("verdict", ["", "  verdict: fine\n", "  verdict: [keep, fine]\n"])
def test_a_claim_without_a_known_verdict_is_told(folder, verdict):
    folder.change("claims.yml", "  verdict: keep\n", verdict)

    assert "C01 has no valid 'verdict'" in folder.reasons()


def test_contacts_are_handed_on_as_they_are_written(folder):
    folder.write("safety/contacts.yml", 'GB: {emergency: "999"}')

    assert load_pack(folder.data).contacts == {"GB": {"emergency": "999"}}
