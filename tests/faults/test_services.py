"""The database, Redis or the action server goes away in the middle of a conversation."""

import concurrent.futures

import pytest
from servers import Person, services, wait_until

EMERGENCY = "my son has been jerking for ten minutes and he will not wake up"
QUESTION = "why do i twitch falling asleep"


@pytest.fixture
def server(shared):
    return shared.servers[1]


def status(person, server):
    return person.tracker(server)["slots"]["status"]


def is_emergency(replies):
    return bool(replies) and replies[0]["text"].startswith("Call ")


def test_a_restart_of_postgresql_costs_no_message_and_no_memory(server):
    person = Person()
    person.say(server, QUESTION)
    services("restart-postgres")
    assert person.say(server, "and in babies?")
    assert person.tracker(server)["slots"]["topic"] == "infant"
    assert person.said(server) == [QUESTION, "and in babies?"]


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


def test_a_killed_action_server_silences_no_emergency_and_is_found_again(shared):
    server, person = shared.servers[1], Person()
    actions = shared.servers[0]
    person.say(server, QUESTION)
    actions.kill()
    assert is_emergency(person.say(server, EMERGENCY))
    shared.actions(actions.port)
    shared.servers[0] = shared.servers.pop()
    other = Person()
    assert other.say(server, QUESTION)
    assert status(other, server) == "answered"


def test_a_killed_server_has_kept_every_message_that_it_answered(shared):
    first, person = shared.servers[1], Person()
    person.say(first, QUESTION)
    person.say(first, "and in babies?")
    second = shared.server()
    first.kill()
    shared.servers[1] = shared.servers.pop()
    assert person.say(second, "is it dangerous?")
    assert person.said(second) == [QUESTION, "and in babies?", "is it dangerous?"]
    assert person.tracker(second)["slots"]["topic"] == "infant"
