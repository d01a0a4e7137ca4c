"""Health, metrics, logs and insights of a real server."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import threading
import uuid

from servers import Person

EMERGENCY = "he has been jerking for ten minutes and will not wake up"
QUESTION = "why do i twitch when i fall asleep"
NOT_UNDERSTOOD = "qwrtz plomf gnarf"


def change(site, say) -> dict[str, float]:
    """How the figures change while ``say`` runs; only those that do."""
    before = site.figures()
    say()
    after = site.figures()
    changed = {name: value - before.get(name, 0.0) for name, value in after.items()}
    return {name: by for name, by in changed.items() if by}


def conversations(site) -> list[tuple]:
    path = site.database.removeprefix("sqlite:///")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return connection.execute("SELECT * FROM conversations ORDER BY 1").fetchall()


# --- health


def test_a_server_that_runs_says_that_it_is_alive_and_ready(site):
    for path, state in (("/health/live", "alive"), ("/health/ready", "ready")):
        status, body, headers = site.get(path)
        assert (status, json.loads(body)) == (200, {"status": state})
        assert headers["cache-control"] == "no-store"


def test_looking_whether_it_is_ready_touches_no_conversation_and_counts_no_message(site, person):
    person.say(site.server, QUESTION)
    kept = conversations(site)
    assert kept

    def look() -> None:
        assert site.get("/health/ready")[0] == 200

    assert not {name for name in change(site, look) if "messages" in name or "turns" in name}
    assert conversations(site) == kept


# --- metrics


def test_metrics_are_for_those_who_have_the_token(site):
    assert site.get("/metrics")[0] == 401
    assert site.get("/metrics", authorization="Bearer wrong")[0] == 401
    assert site.get("/metrics", authorization="Bearer figures")[0] == 200


def test_a_message_is_counted_with_how_its_turn_ended_and_its_sign(site, person):
    changed = change(site, lambda: person.say(site.server, EMERGENCY))
    assert changed['myoguide_messages_total{channel="rest"}'] == 1
    assert changed['myoguide_turns_total{status="escalated_emergency"}'] == 1
    assert changed['myoguide_signs_total{level="emergency"}'] == 1
    assert changed['myoguide_turn_seconds_count{channel="rest"}'] == 1


def test_every_stage_of_a_turn_is_timed_once_and_together_they_are_the_turn(site, person):
    changed = change(site, lambda: person.say(site.server, QUESTION))
    stages = ("queue", "store", "screen", "encoder", "classifier", "decide", "action", "channel")
    for stage in stages:
        assert changed[f'myoguide_stage_seconds_count{{stage="{stage}"}}'] == 1, stage
    took = sum(changed[f'myoguide_stage_seconds_sum{{stage="{stage}"}}'] for stage in stages)
    assert took <= changed['myoguide_turn_seconds_sum{channel="rest"}']


def test_every_message_ends_in_exactly_one_status(site):
    people = [Person() for _ in range(3)]

    def talk() -> None:
        for person in people:
            for text in ("hello", QUESTION, EMERGENCY, "thanks", NOT_UNDERSTOOD):
                person.say(site.server, text)

    changed = change(site, talk)
    ended = [by for name, by in changed.items() if name.startswith("myoguide_turns_total")]
    assert sum(ended) == changed['myoguide_messages_total{channel="rest"}'] == 15


def test_no_word_of_anybody_is_in_the_figures_or_in_the_logs(site):
    person = Person(id="canary.person@example.org")
    person.say(site.server, f"my son Canarius jerks, {EMERGENCY}", input_channel="canarychannel")
    person.say(site.server, "canarius plomf", metadata={"country": "CANARY"})
    _, figures, _ = site.get("/metrics", authorization="Bearer figures")
    assert "canar" not in (figures + site.started.printed()).lower()


def test_a_message_that_waits_for_an_earlier_one_is_seen_waiting(site, person):
    os.killpg(site.actions.process.pid, signal.SIGSTOP)
    try:
        replies: list = []
        talking = [
            threading.Thread(target=lambda: replies.append(person.say(site.server, QUESTION)))
            for _ in range(2)
        ]
        for thread in talking:
            thread.start()
        site.until("myoguide_messages_waiting", 1)
        site.until("myoguide_messages_in_progress", 2)
    finally:
        os.killpg(site.actions.process.pid, signal.SIGCONT)
    for thread in talking:
        thread.join(30)
    assert all(reply and reply[0]["text"] for reply in replies) and len(replies) == 2
    site.until("myoguide_messages_in_progress", 0)


# --- logs


def test_every_line_of_the_log_is_an_object(site, person):
    person.say(site.server, QUESTION)
    for line in map(json.loads, site.lines()):
        assert {"time", "level", "logger", "message"} <= set(line)


def test_the_id_that_a_proxy_gave_stands_in_the_answer_and_in_the_line_about_the_turn(site):
    given = uuid.uuid4().hex
    body = json.dumps({"sender": uuid.uuid4().hex, "message": QUESTION})
    command = ["curl", "-si", f"{site.server.address}/webhooks/rest/webhook"]
    command += ["-H", f"X-Request-ID: {given}", "-d", body]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    assert f"X-Request-ID: {given}" in answer
    turns = [line for line in map(json.loads, site.lines()) if "stages_ms" in line]
    assert turns[-1]["request_id"] == given
    assert set(turns[-1]["stages_ms"]) >= {"screen", "encoder", "action", "store"}


def test_a_name_in_the_place_of_an_id_is_not_taken_over(site):
    _, _, headers = site.get("/health/live", x_request_id="tom.smith@example.org")
    assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])


# --- insights


def kept(site) -> list[str]:
    path = site.database.removeprefix("sqlite:///")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM not_understood")]


def test_what_was_not_understood_is_shown_to_the_editor_where_the_site_keeps_it(site, person):
    person.say(site.server, NOT_UNDERSTOOD)
    assert kept(site).count(NOT_UNDERSTOOD) >= 1
    assert NOT_UNDERSTOOD in site.insights()


def test_a_conversation_that_is_deleted_takes_what_was_not_understood_with_it(site, person):
    person.say(site.server, f"{NOT_UNDERSTOOD} zirpelig")
    assert [text for text in kept(site) if "zirpelig" in text]
    person.say(site.server, "delete my conversation")
    person.say(site.server, "yes")
    assert not [text for text in kept(site) if "zirpelig" in text]


# --- when something is away; last, since the action server does not come back


def test_without_the_action_server_failures_are_counted_and_it_is_ready_for_emergencies(site):
    site.actions.kill()
    changed = change(site, lambda: Person().say(site.server, QUESTION))
    assert changed['myoguide_errors_total{where="action"}'] == 1
    replies = Person().say(site.server, EMERGENCY)
    assert len(replies) == 1 and "Call" in replies[0]["text"]
    assert site.get("/health/ready")[0] == 200
