"""The database, Redis or the action server goes away in the middle of a conversation."""

import concurrent.futures
import time

import pytest
from servers import Person, services, wait_until

from myoguide.action_server import TIME_LIMIT
from myoguide.store import LONGEST_WORK

EMERGENCY = "my son has been jerking for ten minutes and he will not wake up"
QUESTION = "why do i twitch falling asleep"


@pytest.fixture
def server(shared):
    """One that has found the database again after what the test before did to it."""
    found = shared.servers[1]
    wait_until(lambda: _keeps(found), 30)
    return found


def _keeps(server):
    person = Person()
    person.say(server, "hello")
    return person.said(server) == ["hello"]


def status(person, server):
    return person.tracker(server)["slots"]["status"]


def is_emergency(replies):
    return bool(replies) and replies[0]["text"].startswith("Call ")


def test_a_restart_of_postgresql_costs_no_message_and_no_memory(server):
    person = Person()
    person.say(server, QUESTION)
    services("restart-postgres")
    assert person.say(server, "and in babies?")
    # Until the server asks the database again, that conversation is in its memory.
    wait_until(lambda: person.said(server) == [QUESTION, "and in babies?"], 30)
    assert person.tracker(server)["slots"]["topic"] == "infant"


def test_while_postgresql_is_away_people_are_answered_and_nothing_they_said_is_lost(server):
    known, stranger, in_danger = Person(), Person(), Person()
    known.say(server, QUESTION)
    services("stop-postgres")
    # What was asked before the database went away still tells what "it" is.
    assert "sleep" in str(known.say(server, "and is it dangerous?"))
    assert "not working right now" in str(stranger.say(server, QUESTION))
    assert is_emergency(in_danger.say(server, EMERGENCY))
    services("start-postgres")
    wait_until(lambda: known.said(server) == [QUESTION, "and is it dangerous?"], 30)
    wait_until(lambda: in_danger.said(server) == [EMERGENCY], 30)
    assert stranger.say(server, QUESTION)
    assert status(stranger, server) == "answered"


def test_while_postgresql_hangs_an_emergency_is_answered_and_everybody_else_is_told(server):
    known, stranger, in_danger = Person(), Person(), Person()
    known.say(server, QUESTION)
    services("freeze-postgres")
    began = time.monotonic()
    assert is_emergency(in_danger.say(server, EMERGENCY))
    assert time.monotonic() - began < LONGEST_WORK + 4
    began = time.monotonic()
    # Only the first waits for it.
    assert "not working right now" in str(stranger.say(server, QUESTION))
    assert "sleep" in str(known.say(server, "and is it dangerous?"))
    assert time.monotonic() - began < 4
    services("thaw-postgres")
    wait_until(lambda: known.said(server) == [QUESTION, "and is it dangerous?"], 30)
    wait_until(lambda: in_danger.said(server) == [EMERGENCY], 30)


def test_while_the_action_server_hangs_the_safe_reply_comes_in_time_and_is_kept(shared, server):
    person, in_danger = Person(), Person()
    shared.servers[0].freeze()
    try:
        began = time.monotonic()
        assert is_emergency(in_danger.say(server, EMERGENCY))
        assert time.monotonic() - began < 2
        assert "not working right now" in str(person.say(server, QUESTION))
        assert time.monotonic() - began < TIME_LIMIT + 4
    finally:
        shared.servers[0].thaw()
    assert status(person, server) == "failed_safe"
    kept = [e["text"] for e in person.tracker(server)["events"] if e["event"] == "bot"]
    assert "not working right now" in str(kept)
    assert person.say(server, QUESTION)
    assert status(person, server) == "answered"


def test_an_emergency_told_before_the_database_went_away_is_still_open(server):
    person = Person()
    person.say(server, EMERGENCY)
    services("stop-postgres")
    reply = person.say(server, "ok what else can i do")
    assert "If you have not called yet" in reply[0]["text"]


def test_a_restart_of_redis_costs_no_message(server):
    person = Person()
    person.say(server, QUESTION)
    services("restart-redis")
    assert person.say(server, "and in babies?")
    assert person.said(server) == [QUESTION, "and in babies?"]


def test_without_redis_every_message_is_answered_once_and_in_its_order(server):
    services("stop-redis")
    people = [Person() for _ in range(4)]

    def talk(person):
        return [person.say(server, text) for text in (QUESTION, "and in babies?", EMERGENCY)]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        told = list(pool.map(talk, people))
    for person, replies in zip(people, told, strict=True):
        assert is_emergency(replies[-1])
        assert person.said(server) == [QUESTION, "and in babies?", EMERGENCY]


def test_messages_of_one_person_sent_at_once_are_all_kept(server):
    person = Person()
    texts = [f"my leg jerks {number} times a day" for number in range(2, 8)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda text: person.say(server, text), texts))
    assert sorted(person.said(server)) == texts


def test_a_killed_action_server_silences_no_emergency_and_is_found_again(shared, server):
    person = Person()
    actions = shared.servers[0]
    person.say(server, QUESTION)
    actions.kill()
    assert is_emergency(person.say(server, EMERGENCY))
    shared.actions(actions.port)
    shared.servers[0] = shared.servers.pop()
    other = Person()
    assert other.say(server, QUESTION)
    assert status(other, server) == "answered"


def test_a_killed_server_has_kept_every_message_that_it_answered(shared, server):
    first, person = server, Person()
    person.say(first, QUESTION)
    person.say(first, "and in babies?")
    second = shared.server()
    first.kill()
    shared.servers[1] = shared.servers.pop()
    assert person.say(second, "is it dangerous?")
    assert person.said(second) == [QUESTION, "and in babies?", "is it dangerous?"]
    assert person.tracker(second)["slots"]["topic"] == "infant"
