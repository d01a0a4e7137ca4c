"""Each messenger against a real server: signatures, order, repetition, faults, restarts, crowds."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import Server
from platforms import MessengerPlatform, TelegramPlatform, WhatsAppPlatform
from platforms.base import Fault, Platform

ROOT = Path(__file__).resolve().parents[2]
EMERGENCY = "my baby is not breathing"


def told(server: Server, platform: Platform, person: str) -> list[str]:
    """What Rasa heard from a person, in its order."""
    events = server.tracker(platform.channel, person)["events"]
    return [event["text"] for event in events if event["event"] == "user"]


# --- who is heard


def test_a_genuine_webhook_is_answered(server: Server, platform: Platform) -> None:
    person = platform.person()
    platform.write(person, "why do i jerk as i fall asleep")
    [answer] = platform.wait_for_messages(person, 1)
    assert "Source:" in answer.text
    assert answer.buttons


@pytest.mark.parametrize("what", ["missing", "bad", "empty", "other body", "sha1"])
def test_a_webhook_that_is_not_signed_by_the_platform_is_refused(
    server: Server, platform: Platform, what: str
) -> None:
    person = platform.person()
    body = json.dumps(platform.text(person, "hello")).encode()
    [(header, good)] = platform.signed(body).items()
    [(_, other)] = platform.signed(body + b" ").items()
    if platform.channel == "telegram":
        other = good.upper()
    wrong = {
        "missing": {},
        "bad": {header: good[:-1] + ("0" if good[-1] != "0" else "1")},
        "empty": {header: ""},
        "other body": {header: other},
        "sha1": {"X-Hub-Signature": "sha1=" + "0" * 40},
    }
    assert platform.post(body, wrong[what]) == 403
    assert platform.post(body, {header: good}) == 200
    platform.wait_for_messages(person, 1)
    assert told(server, platform, person) == ["hello"]


def test_half_a_character_and_a_zero_byte_do_no_harm(server: Server, platform: Platform) -> None:
    person = platform.person()
    platform.write(person, "what is a tic \ud83d and \0 why")
    [answer] = platform.wait_for_messages(person, 1)
    assert "tic" in answer.text.lower()
    assert told(server, platform, person) == ["what is a tic ? and   why"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"text"', b"[" * 100_000])
def test_a_signed_body_that_is_no_webhook_is_refused(
    server: Server, platform: Platform, body: bytes
) -> None:
    assert platform.post(body, platform.signed(body)) == 400


@pytest.mark.parametrize("channel", ["messenger", "whatsapp"])
def test_the_handshake_echoes_the_challenge_only_for_the_right_token(
    server: Server, channel: str
) -> None:
    def shake(**query: str) -> tuple[int, str]:
        found = "&".join(f"hub.{name}={value}" for name, value in query.items())
        try:
            with urllib.request.urlopen(f"{server.platforms[channel].hook}?{found}") as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    token = server.platforms[channel].verify_token
    good = {"mode": "subscribe", "challenge": "1158201444", "verify_token": token}
    assert shake(**good) == (200, "1158201444")
    assert shake(**{**good, "verify_token": "guessed"})[0] == 403
    assert shake(**{**good, "mode": "unsubscribe"})[0] == 403
    assert shake()[0] == 403


# --- order and repetition


def test_the_same_event_delivered_again_is_answered_once(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    webhook = platform.text(person, "what is a tic")
    platform.deliver([webhook] * 5)
    platform.wait_for_messages(person, 1)
    platform.deliver([webhook])
    platform.write(person, "thank you")
    platform.wait_for_messages(person, 2)
    assert told(server, platform, person) == ["what is a tic", "thank you"]
    assert len(platform.read[person]) == 2


def test_messages_that_overtake_each_other_are_put_in_order(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    said = [f"what is a tic number {number}" for number in range(4)]
    webhooks = [platform.text(person, text) for text in said]
    if platform.channel == "messenger":
        for number, webhook in enumerate(webhooks):
            webhook["entry"][0]["messaging"][0]["timestamp"] += number
    if platform.channel == "whatsapp":
        for number, webhook in enumerate(webhooks):
            message = webhook["entry"][0]["changes"][0]["value"]["messages"][0]
            message["timestamp"] = str(int(message["timestamp"]) + number)
    for webhook in reversed(webhooks):
        platform.deliver([webhook])
    platform.wait_for(lambda: told(server, platform, person)[3:] != [], "four turns")
    assert told(server, platform, person) == said


def test_every_event_of_a_batch_is_answered(server: Server) -> None:
    messenger, whatsapp = server.platforms["messenger"], server.platforms["whatsapp"]
    assert isinstance(messenger, MessengerPlatform) and isinstance(whatsapp, WhatsAppPlatform)
    people = [messenger.person() for _ in range(5)]
    batch = [messenger.message(person, text="what is a tic") for person in people]
    messenger.deliver([messenger.entry(*batch)])
    numbers = [whatsapp.person() for _ in range(5)]
    texts = [whatsapp.message(n, "text", text={"body": "what is a tic"}) for n in numbers]
    whatsapp.deliver([whatsapp.entry(*texts)])
    for platform, persons in ((messenger, people), (whatsapp, numbers)):
        for person in persons:
            [answer] = platform.wait_for_messages(person, 1)
            assert "tic" in answer.text.lower()


def test_a_person_who_types_on_while_the_bot_answers_is_answered_in_order(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    platform.delay = 0.3
    said = ["hello", "what is a tic", "and what is tremor", "thank you"]
    for text in said:
        platform.write(person, text)
    answers = [shown.text for shown in platform.wait_for_messages(person, 4)]
    assert told(server, platform, person) == said
    assert "Myoguide" in answers[0]
    assert "tic" in answers[1].lower() and "tremor" in answers[2].lower()
    assert len(answers) == 4


# --- an API that fails


@pytest.mark.parametrize("status", [429, 500, 503, 0])
def test_a_failing_api_is_tried_again_until_it_takes_the_message_once(
    server: Server, platform: Platform, status: int
) -> None:
    person = platform.person()
    platform.faults.extend([platform.error(status) if status else Fault(0)] * 2)
    platform.write(person, "what is a tic")
    platform.write(person, "thank you")
    platform.wait_for_messages(person, 2)
    assert told(server, platform, person) == ["what is a tic", "thank you"]
    assert "tic" in platform.read[person][0].text.lower()
    assert len(platform.read[person]) == 2


def test_one_person_whose_messages_fail_does_not_hold_up_another(
    server: Server, platform: Platform
) -> None:
    failing, other = platform.person(), platform.person()
    platform.unreachable.add(failing)
    before = platform.attempts
    platform.write(failing, "what is a tic")
    platform.wait_for(lambda: platform.attempts > before, "the attempt that fails")
    platform.write(other, "what is a tic")
    platform.wait_for_messages(other, 1)
    assert platform.read[failing] == []
    platform.unreachable.clear()
    platform.wait_for_messages(failing, 1)


def test_a_slow_api_gets_every_message_once(server: Server, platform: Platform) -> None:
    person = platform.person()
    platform.delay = 3
    platform.write(person, "what is a tic")
    platform.wait_for_messages(person, 1)
    platform.delay = 0
    platform.write(person, "thank you")
    platform.wait_for_messages(person, 2)
    assert len(platform.read[person]) == 2


def test_a_message_that_is_refused_with_its_buttons_comes_without_them(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    platform.faults.append(Fault(400, {"error": {"code": 100}, "ok": False}))
    platform.write(person, "why do i jerk as i fall asleep")
    [answer] = platform.wait_for_messages(person, 1)
    assert "Source:" in answer.text and not answer.buttons


def test_after_a_refusal_the_conversation_goes_on(server: Server, platform: Platform) -> None:
    person = platform.person()
    refused = Fault(400, {"error": {"code": 131026}, "ok": False})
    platform.faults.extend([refused, refused])
    before = platform.attempts
    platform.write(person, "thank you")
    platform.wait_for(lambda: platform.attempts > before, "the attempt")
    platform.faults.clear()
    platform.write(person, "what is a tic")
    platform.wait_for(lambda: any("tic" in t.lower() for t in platform.texts(person)), "an answer")


# --- crowds and restarts


def test_two_hundred_people_at_once_are_all_answered_once(
    server: Server, platform: Platform
) -> None:
    people = [platform.person() for _ in range(200)]
    platform.deliver([platform.text(person, "what is a tic") for person in people])
    platform.wait_for(lambda: all(platform.read[person] for person in people), "200 answers")
    assert [len(platform.read[person]) for person in people] == [1] * 200
    assert all("tic" in platform.texts(person)[0].lower() for person in people)


def test_what_came_in_before_a_crash_is_answered_once_after_it(
    server: Server, platform: Platform
) -> None:
    people = [platform.person() for _ in range(20)]
    platform.is_down = True
    webhooks = [platform.text(person, "what is a tic") for person in people]
    platform.deliver(webhooks)
    server.kill()
    platform.is_down = False
    server.start()
    platform.deliver(webhooks)  # as a platform does that is not sure
    platform.wait_for(lambda: all(platform.read[person] for person in people), "20 answers")
    platform.write(people[0], "thank you")
    platform.wait_for_messages(people[0], 2)
    assert [len(platform.read[person]) for person in people] == [2] + [1] * 19


def test_a_restart_in_the_middle_loses_and_doubles_nothing(
    server: Server, platform: Platform
) -> None:
    people = [platform.person() for _ in range(20)]
    platform.delay = 0.1
    for text in ("what is a tic", "thank you"):
        platform.deliver([platform.text(person, text) for person in people])
    server.stop()
    platform.delay = 0
    server.start()
    platform.wait_for(lambda: all(len(platform.read[p]) >= 2 for p in people), "40 answers")
    assert [len(platform.read[person]) for person in people] == [2] * 20
    assert all("tic" in platform.texts(person)[0].lower() for person in people)


# --- what people meet


def test_opening_the_conversation_brings_the_greeting_and_its_choices(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    platform.open(person)
    [opening] = platform.wait_for_messages(person, 1)
    assert "not a doctor" in opening.text
    assert len(opening.buttons) == 4


def test_a_button_and_its_number_mean_the_same(server: Server, platform: Platform) -> None:
    pressing, typing = platform.person(), platform.person()
    for person in (pressing, typing):
        platform.open(person)
        platform.wait_for_messages(person, 1)
    platform.press(pressing, '/ask{"topic":"hiccups","aspect":"treatment"}')
    platform.write(typing, "4")
    for person in (pressing, typing):
        platform.wait_for_messages(person, 2)
    assert platform.read[pressing][1].text == platform.read[typing][1].text
    slots = server.tracker(platform.channel, pressing)["slots"]
    assert (slots["topic"], slots["aspect"]) == ("hiccups", "treatment")


def test_a_button_from_another_time_is_read_by_its_words(
    server: Server, platform: Platform
) -> None:
    old, new = platform.person(), platform.person()
    platform.open(old)
    [opening] = platform.wait_for_messages(old, 1)
    platform.last_written[new] = platform.clock()
    platform.read[new].append(opening)
    platform.press(new, '/ask{"topic":"hiccups","aspect":"treatment"}')
    platform.wait_for_messages(new, 2)
    assert "hiccups" in platform.texts(new)[1].lower()
    assert not any(text.startswith(("/", "\u200b")) for text in told(server, platform, new))


def test_an_emergency_is_answered_with_one_message_and_nothing_else(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    platform.write(person, EMERGENCY)
    platform.wait_for_messages(person, 1)
    platform.write(person, "thank you")
    platform.wait_for_messages(person, 2)
    first = platform.read[person][0]
    assert first.text.startswith("Call") and not first.buttons
    slots = server.tracker(platform.channel, person)["slots"]
    assert slots["sign"]


def test_people_see_that_they_are_heard(server: Server, platform: Platform) -> None:
    before = len(platform.courtesies)
    person = platform.person()
    platform.write(person, "what is a tic")
    platform.wait_for_messages(person, 1)
    shown = [what for _, what in platform.courtesies[before:]]
    wanted = {
        "messenger": ["mark_seen", "typing_on"],
        "telegram": ["typing"],
        "whatsapp": ["read and typing"],
    }
    assert shown == wanted[platform.channel]


def test_the_country_reaches_rasa_and_only_where_it_is_certain(server: Server) -> None:
    messenger, telegram = server.platforms["messenger"], server.platforms["telegram"]
    whatsapp = server.platforms["whatsapp"]
    assert isinstance(messenger, MessengerPlatform) and isinstance(telegram, TelegramPlatform)
    assert isinstance(whatsapp, WhatsAppPlatform)
    wanted = []
    for locale, country in (("en_GB", "GB"), ("de_DE", "DE"), ("es_LA", None), ("en_US", None)):
        person = messenger.person()
        messenger.locales[person] = locale
        wanted.append((messenger, person, country))
    wanted.append((messenger, messenger.person(), None))
    for language, country in (("pt-br", "BR"), ("it", "IT"), ("en", None), ("", None)):
        person = telegram.person()
        telegram.languages[person] = language
        wanted.append((telegram, person, country))
    wanted += [(whatsapp, "447400123456", "GB"), (whatsapp, "14165551234", "CA")]
    whatsapp.hidden["4917012345678"] = "AT.13491208655302741918"
    wanted.append((whatsapp, "4917012345678", "AT"))
    for platform, person, _ in wanted:
        platform.write(person, "hello")
    for platform, person, country in wanted:
        platform.wait_for_messages(person, 1)
        events = server.tracker(platform.channel, person)["events"]
        [heard] = [event for event in events if event["event"] == "user"]
        assert heard["metadata"].get("country") == country, person
        assert heard["input_channel"] == platform.channel


def test_a_number_that_is_hidden_is_answered_all_the_same(server: Server) -> None:
    whatsapp = server.platforms["whatsapp"]
    assert isinstance(whatsapp, WhatsAppPlatform)
    person = whatsapp.person()
    whatsapp.hidden[person] = "GB.1502576394655843"
    whatsapp.write(person, "what is a tic")
    [answer] = whatsapp.wait_for_messages(person, 1)
    assert "tic" in answer.text.lower()


def test_a_bot_that_may_send_few_messages_a_second_waits_and_loses_none(server: Server) -> None:
    telegram = server.platforms["telegram"]
    assert isinstance(telegram, TelegramPlatform)
    telegram.per_second = 10
    people = [telegram.person() for _ in range(25)]
    try:
        telegram.deliver([telegram.text(person, "what is a tic") for person in people])
        telegram.wait_for(lambda: all(telegram.read[p] for p in people), "25 answers")
    finally:
        telegram.per_second = None
    assert [len(telegram.read[person]) for person in people] == [1] * 25


def test_somebody_who_blocked_the_bot_does_not_stop_it(server: Server) -> None:
    telegram = server.platforms["telegram"]
    assert isinstance(telegram, TelegramPlatform)
    gone, other = telegram.person(), telegram.person()
    telegram.blocked.add(gone)
    telegram.write(gone, "hello")
    telegram.write(other, "hello")
    telegram.wait_for_messages(other, 1)

    def is_refused() -> bool:
        # The sign of typing is turned away too, before or after the message.
        return any("text" in call for call in telegram.turned_away)

    telegram.wait_for(is_refused, "the refusal")
    assert telegram.read[gone] == []


# --- what is not text


def attachment(platform: Platform, person: str, kind: str, text: str = "") -> dict:
    """The webhook of a picture, a voice message or a sticker, with words beside it or none."""
    if isinstance(platform, MessengerPlatform):
        form = {"picture": "image", "voice": "audio", "sticker": "sticker"}[kind]
        payload = {"url": "https://scontent.example/1"}
        if kind == "sticker":
            payload["sticker_id"] = 369239263222822
        content = {"attachments": [{"type": form, "payload": payload}]}
        if text:
            content["text"] = text
        return platform.entry(platform.message(person, **content))
    if isinstance(platform, TelegramPlatform):
        form = {"picture": "photo", "voice": "voice", "sticker": "sticker"}[kind]
        content = {form: {"file_id": "AgAD", "file_unique_id": "AQAD"}}
        if text:
            content["caption"] = text
        return platform.update(message=platform.message(person, **content))
    assert isinstance(platform, WhatsAppPlatform)
    form = {"picture": "image", "voice": "audio", "sticker": "sticker"}[kind]
    media = {"mime_type": "image/jpeg", "id": "1003383421387256"}
    if text:
        media["caption"] = text
    return platform.entry(platform.message(person, form, **{form: media}))


@pytest.mark.parametrize(
    ("kind", "says"),
    [("picture", "only read text"), ("voice", "voice"), ("sticker", "Thank you")],
)
def test_what_cannot_be_read_is_answered_kindly(
    server: Server, platform: Platform, kind: str, says: str
) -> None:
    person = platform.person()
    platform.deliver([attachment(platform, person, kind)])
    [answer] = platform.wait_for_messages(person, 1)
    assert says in answer.text
    assert ("emergency" in answer.text) == (kind != "sticker")


def test_the_words_beside_a_picture_are_read_and_an_emergency_in_them_comes_first(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    platform.deliver([attachment(platform, person, "picture", EMERGENCY)])
    first, second = platform.wait_for_messages(person, 2)
    assert first.text.startswith("Call")
    assert "only read text" in second.text


def test_what_is_said_beside_a_picture_stands_before_the_answer_and_its_choices(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    platform.deliver([attachment(platform, person, "picture", "what is a tic")])
    first, second = platform.wait_for_messages(person, 2)
    assert "only read text" in first.text and not first.buttons
    assert "tic" in second.text.lower() and second.buttons


def test_pictures_that_come_together_are_answered_together(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    platform.deliver([attachment(platform, person, "picture") for _ in range(4)])
    platform.write(person, "what is a tic")
    platform.wait_for(lambda: told(server, platform, person) != [], "the turn")
    platform.wait_for(lambda: any("tic" in t.lower() for t in platform.texts(person)), "an answer")
    assert sum("only read text" in text for text in platform.texts(person)) == 1
    platform.deliver([attachment(platform, person, "picture")])
    platform.wait_for_messages(person, 3)


def test_a_sticker_leaves_the_question_open_and_its_choices_on_offer(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    platform.write(person, "check my symptoms")
    *_, question = platform.wait_for_messages(person, 2)
    platform.deliver([attachment(platform, person, "sticker")])
    *_, thanks = platform.wait_for_messages(person, 3)
    assert thanks.buttons == question.buttons
    platform.write(person, "10")
    *_, following = platform.wait_for_messages(person, 4)
    assert following.text.startswith("2 of 10")


def test_a_sticker_after_an_emergency_is_not_thanked_for(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    platform.write(person, EMERGENCY)
    platform.wait_for_messages(person, 1)
    platform.deliver([attachment(platform, person, "sticker")])
    _, answer = platform.wait_for_messages(person, 2)
    assert "In an emergency, call" in answer.text and "Thank" not in answer.text


def test_an_emergency_at_the_end_of_a_long_message_is_seen(
    server: Server, platform: Platform
) -> None:
    person = platform.person()
    platform.write(person, "I had a lovely day at the sea. " * 600 + EMERGENCY)
    [answer] = platform.wait_for_messages(person, 1)
    assert answer.text.startswith("Call")


# --- privacy


def test_neither_texts_nor_ids_nor_tokens_reach_a_log(server: Server, platform: Platform) -> None:
    person, text = platform.person(), "my quokka twitches"
    platform.faults.append(platform.error(503))
    platform.write(person, text)
    platform.wait_for_messages(person, 1)
    logs = server.logs()
    assert f"{platform.channel}: not sent (status 503" in logs
    for secret in (text, person, platform.token):
        assert secret not in logs


def test_what_is_done_leaves_no_text_and_no_id_in_the_inbox(
    server: Server, platform: Platform
) -> None:
    person, text = platform.person(), "my wombat twitches at night"
    platform.write(person, text)
    platform.wait_for_messages(person, 1)

    def is_kept(word: str) -> bool:
        with sqlite3.connect(server.folder / "inbox.db") as db:
            events = db.execute("SELECT * FROM inbox_event").fetchall()
            parts = db.execute("SELECT * FROM inbox_part").fetchall()
        return any(word in str(row) for row in events + parts)

    platform.wait_for(lambda: not is_kept(text), "the text to be gone")
    platform.wait_for(lambda: not is_kept(person), "the id to be gone")


def test_rasa_knows_people_by_a_pseudonym(server: Server, platform: Platform) -> None:
    person = platform.person()
    platform.write(person, "hello")
    platform.wait_for_messages(person, 1)
    assert person not in json.dumps(server.tracker(platform.channel, person))


# --- at start


@pytest.mark.parametrize("platform_name", ["messenger", "telegram", "whatsapp"])
def test_a_half_set_channel_stops_a_plain_rasa_run_and_names_the_variable(
    server: Server, platform_name: str
) -> None:
    variables = server.platforms[platform_name].environment()
    *_, missing = [v for v in variables if not v.endswith("_ADDRESS")]
    environment = {**os.environ, missing: ""}
    command = [sys.executable, "-m", "rasa", "run", "--port", "0"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"{missing} is not" in said.replace("\n", " ")
    assert "Traceback" not in said
    assert server.platforms[platform_name].token not in said
