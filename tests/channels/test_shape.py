"""How replies are fitted into what a messenger can show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myoguide.channels import messenger, telegram, whatsapp
from myoguide.channels.messaging import failed_safe, short_payload
from myoguide.channels.opening import COMMANDS, wording
from myoguide.channels.shape import Button, Reply, cut, labels, length, numbered, replies, split
from myoguide.knowledge import load_pack
from myoguide.nlu.sign_importer import responses

PACK = load_pack("data")
LIMITS = (messenger.LONGEST_TEXT, telegram.LONGEST_TEXT, whatsapp.LONGEST_TEXT)


def buttons(*titles: str) -> tuple[Button, ...]:
    return tuple(Button(title, f"/{number}") for number, title in enumerate(titles))


# --- long texts


@given(st.text(max_size=300), st.integers(min_value=2, max_value=80))
def test_no_part_is_too_long_and_no_word_is_lost(text: str, longest: int) -> None:
    parts = split(text, longest)
    assert all(0 < length(part) <= longest for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_short_text_is_left_as_it_is() -> None:
    assert split("One.\n\nTwo.", 20) == ["One.\n\nTwo."]
    assert split("   ", 20) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("First paragraph.\n\nSecond one.", ["First paragraph.", "Second one."]),
        ("A line of words\nand a second", ["A line of words", "and a second"]),
        ("One sentence ends. Another one begins.", ["One sentence ends.", "Another one begins."]),
        ("words without any mark at all here", ["words without any", "mark at all here"]),
        ("x" * 45, ["x" * 20, "x" * 20, "x" * 5]),
    ],
)
def test_a_text_is_split_at_the_best_place(text: str, parts: list[str]) -> None:
    assert split(text, 20) == parts


def test_a_character_of_two_units_counts_as_two_and_is_not_torn() -> None:
    assert length("a😀") == 3
    assert split("😀😀😀", 4) == ["😀😀", "😀"]


# --- choices


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Check my symptoms", "Check my symptoms"),
        ("Jerks on falling asleep", "Jerks on falling…"),
        ("What helps with hiccups?", "What helps with…"),
        ("Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffah…"),
    ],
)
def test_a_title_is_cut_at_a_word(title: str, short: str) -> None:
    assert cut(title, 20) == short


@given(st.text(min_size=1, max_size=100), st.integers(min_value=5, max_value=40))
def test_a_cut_title_fits(title: str, longest: int) -> None:
    assert length(cut(title, longest)) <= longest


def test_where_a_label_must_be_cut_all_are_numbered() -> None:
    found, are_whole = labels(buttons("Short", "Which medicines are used for jerks?"), 20)
    assert (found, are_whole) == (["1. Short", "2. Which medicines…"], False)
    assert labels(buttons("Yes", "No"), 20) == (["Yes", "No"], True)


def test_labels_that_look_the_same_are_numbered() -> None:
    assert labels(buttons("More", "More"), 20) == (["1. More", "2. More"], False)


def test_written_choices_have_the_numbers_that_are_understood() -> None:
    assert numbered("Which?", buttons("One", "Two")) == "Which?\n\n1. One\n2. Two"


# --- a turn


def test_an_emergency_comes_first_and_choices_stand_below_the_last_message() -> None:
    said = replies(
        [
            {"text": "Answer", "buttons": [{"title": "More", "payload": "/more"}]},
            {"text": "Call now", "metadata": {"level": "emergency"}},
            {"text": "  "},
            {"text": "Source"},
        ]
    )
    assert [reply.text for reply in said] == ["Call now", "Answer", "Source"]
    assert [len(reply.buttons) for reply in said] == [0, 0, 1]
    assert said[0].is_emergency


def test_the_reminder_of_an_open_emergency_is_one() -> None:
    [reply] = replies([{"text": "Call", "utter_action": "utter_emergency_reminder"}])
    assert reply.is_emergency


@pytest.mark.parametrize("render", [messenger.messages, telegram.messages, whatsapp.messages])
def test_every_emergency_reply_fits_into_one_message(render) -> None:
    texts = [variation["text"] for variation in responses()["utter_emergency"]]
    for text in [*texts, failed_safe()]:
        assert length(text) < min(LIMITS) - 200  # room for the numbers of a country
        assert len(render(Reply(text, (), True))) == 1


@pytest.mark.parametrize("count", [0, 1, 3, 4, 10, 11, 13, 14, 40])
@pytest.mark.parametrize("render", [messenger.messages, telegram.messages, whatsapp.messages])
def test_every_choice_can_be_made_whatever_their_number(render, count: int) -> None:
    titles = [f"What helps against jerks, part {number}?" for number in range(count)]
    sent = str(render(Reply("Which?", buttons(*titles))))
    assert all(title in sent for title in titles)


def test_answers_of_the_pack_need_one_message() -> None:
    for answer in PACK.answers.values():
        offered = tuple(Button(PACK.answers[name].label, name) for name in answer.next)
        text = f"{answer.text}\n\n{PACK.source_line(answer)}"
        for render in (messenger.messages, telegram.messages):
            assert len(render(Reply(text, offered))) == 1, answer.name


def test_a_whatsapp_message_uses_buttons_then_a_list_then_numbers() -> None:
    def kind(*titles: str) -> str:
        [*_, last] = whatsapp.messages(Reply("Which?", buttons(*titles)))
        return last["interactive"]["type"] if last["type"] == "interactive" else last["type"]

    assert kind("Yes", "No") == "button"
    assert kind("Yes", "No", "Perhaps", "Skip") == "list"
    assert kind("What helps with hiccups?") == "list"
    assert kind(*map(str, range(11))) == "text"


def test_a_row_of_whatsapps_list_says_its_title_once() -> None:
    offered = buttons("Are jerks dangerous?", "When should I see a doctor?")
    [message] = whatsapp.messages(Reply("Which?", offered))
    rows = message["interactive"]["action"]["sections"][0]["rows"]
    assert [(row["title"], row.get("description")) for row in rows] == [
        ("1. Are jerks dangerous?", None),
        ("2. When should I see a…", "When should I see a doctor?"),
    ]
    assert whatsapp.written_out(message["interactive"]) == numbered("Which?", offered)


@pytest.mark.parametrize("longest", [64, 200, 256, 1000])
def test_a_payload_that_does_not_fit_becomes_a_mark_that_does(longest: int) -> None:
    assert short_payload("/menu", longest) == "/menu"
    mark = short_payload("/x" + "ü" * longest, longest)
    assert mark.startswith("#") and len(mark.encode()) <= longest


def test_what_a_channel_says_itself_fits_and_names_the_emergency_number() -> None:
    texts = wording()
    assert length(texts["choose"]) <= whatsapp.LONGEST_BUTTON
    assert "{emergency_number}" in texts["emergency"] and "{emergency_number}" in failed_safe()
    known = {*telegram._KINDS.values(), *messenger._ATTACHMENTS.values(), "other"}
    assert known | set(whatsapp._KINDS.values()) <= set(texts["unreadable"])
    assert set(COMMANDS) <= set(texts["menu"])
