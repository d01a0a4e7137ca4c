"""The page for the doctor, made from the events of a conversation."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def page(monkeypatch):
    monkeypatch.chdir(ROOT)
    from actions.summary import page

    return page


def said(text, answers=None, intent="check_answer", **parsed):
    parsed = {"intent": {"name": intent}, "self_check": answers or {}, **parsed}
    return {"event": "user", "text": text, "parse_data": parsed}


BEGUN = {"event": "active_loop", "name": "self_check_form"}


def test_nothing_told_makes_no_page(page):
    assert page([said("hi", intent="opening")], None) is None


def test_the_page_holds_the_answers_in_plain_words_and_in_theirs(page):
    text = page([BEGUN, said("my left calf, near the knee", {"where": "leg"})], None)
    assert 'Where: In a leg or foot (in their words: "my left calf, near the knee")' in text


def test_a_pressed_button_or_number_is_not_quoted(page):
    pressed = said("No medicines", {"medicine": "none"})
    text = page([BEGUN, said("2", {"where": "arm"}), pressed], None)
    assert "Where: In an arm or hand\n" in text and 'words: "2"' not in text


def test_an_answer_that_fits_no_option_stands_in_their_words(page):
    text = page([BEGUN, said("ramipril 5", {"medicine": "told"})], None)
    assert 'Medicines: "ramipril 5"' in text


def test_a_later_answer_replaces_an_earlier_one_and_going_back_removes_it(page):
    events = [BEGUN, said("arm", {"where": "arm"}), said("go back", {"where": None})]
    assert page(events, None) is None
    assert "leg" in page([*events, said("leg", {"where": "leg"})], None)


def test_signs_are_listed_as_answered_no(page):
    text = page([BEGUN, said("no", {"danger": "none"}), said("no", {"noticed": "none"})], None)
    assert "answered no: a fit or blackout;" in text
    assert "not noticed: weak or thin muscle;" in text


def test_a_sign_is_listed_as_told(page):
    assert "signs told: a fit or blackout" in page([BEGUN, said("1", {"danger": "fit"})], None)


def test_what_was_told_outside_the_check_is_quoted_once(page):
    told = said("my leg jerks", intent="routine", screening={"signs": ["persistent_twitch"]})
    assert page([told, told], None).count('"my leg jerks"') == 1


def test_a_long_story_is_not_quoted(page):
    story = said("my leg jerks " * 30, intent="routine", screening={"signs": ["persistent_twitch"]})
    assert page([story], None) is None


def test_the_outcome_brings_its_questions_and_there_are_at_most_six(page):
    text = page([BEGUN, said("weak hand", {"noticed": "weak"})], "weak")
    questions = text.split("Questions to ask the doctor:\n")[1].split("\n\n")[0].splitlines()
    assert "- Do I need an EMG?" in questions and len(questions) <= 6


def test_every_page_advises_to_film_and_says_that_it_goes(page):
    text = page([BEGUN, said("arm", {"where": "arm"})], None)
    assert "film an episode" in text and "goes when it ends" in text and "not a diagnosis" in text


def test_braces_and_brackets_of_the_person_stay_as_they_are(page):
    assert '"{a} <b>"' in page([BEGUN, said("{a} <b>", {"medicine": "told"})], None)
