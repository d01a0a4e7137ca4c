import asyncio
import json
import threading
import time

import pytest
import sqlalchemy as sa
from conftest import beginning, play, texts, turn
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from myoguide import store as module
from myoguide.database import Away, conversation_events, conversations
from myoguide.nlu.payload_guard import offered_payloads
from myoguide.nlu.safety_screen import earlier_texts

run = asyncio.run


def rows(store, table):
    with store.database.engine.connect() as connection:
        return connection.execute(sa.select(table)).all()


def cut(store):
    """The database goes away; returns how it comes back."""
    work = store.database._once

    def away(_):
        raise sa.exc.OperationalError("", {}, Exception("gone"))

    store.database._once = away

    def back():
        store.database._once = work
        store.database._away_until = 0.0

    return back


def test_a_turn_comes_back_with_its_slots_texts_and_buttons(store):
    tracker = run(play(store, "a", turn("why do I jump", "sleep", buttons=["/ask1"])))
    assert texts(tracker) == ["why do I jump"]
    assert tracker.get_slot("topic") == "sleep"
    assert tracker.latest_action_name == "action_listen"
    assert offered_payloads(tracker) == {"/ask1"}


def test_what_is_personal_is_nowhere_in_the_database(store):
    text = "my name is Margaret Hollis, call 07700 900123"
    events = turn(text, feedback={"reason": "mail me at m@example.com"})
    tracker = run(play(store, "+447700900999", events))
    assert texts(tracker) == ["my name is [name], call [telephone]"]
    kept = str([tuple(row) for t in (conversations, conversation_events) for row in rows(store, t)])
    for secret in ("Margaret", "Hollis", "900123", "example.com", "7700900999"):
        assert secret not in kept


def test_metadata_from_strangers_is_kept_only_where_it_is_ours(store):
    event = UserUttered("hi", metadata={"country": "GB", "secret": "my diary"})
    run(play(store, "a", [event, ActionExecuted("action_listen")]))
    assert "diary" not in str([row.data for row in rows(store, conversation_events)])
    tracker = run(store.retrieve("a"))
    assert tracker.latest_message.metadata["country"] == "GB"


def test_metadata_at_the_beginning_of_a_session_is_kept_no_more_than_any_other(store):
    slot = SlotSet("session_started_metadata", {"country": "GB", "secret": "my diary"})
    run(play(store, "a", [slot, *turn("hi")]))
    kept = str([tuple(row) for t in (conversations, conversation_events) for row in rows(store, t)])
    assert "GB" in kept and "diary" not in kept


def test_two_hundred_messages_are_no_longer_in_hand_than_thirty(store):
    for number in range(200):
        tracker = run(play(store, "a", turn(f"question {number}", buttons=[f"/ask{number}"])))
    assert len(earlier_texts(tracker)) == module.MOST_MESSAGES
    assert texts(tracker)[-1] == "question 199"
    assert len(tracker.events) < 3 * module.MOST_MESSAGES
    assert len(rows(store, conversations)[0].state) < 60_000
    full = run(store.retrieve_full_tracker("a"))
    assert len(texts(full)) == 200
    assert "/ask150" in offered_payloads(tracker)


def test_answers_of_the_self_check_and_signs_outlast_the_bound(store):
    run(play(store, "a", turn("both arms", self_check={"where": "arms"})))
    run(play(store, "a", turn("one side is weak", screening={"level": "urgent", "signs": ["x"]})))
    for number in range(60):
        tracker = run(play(store, "a", turn(f"question {number}")))
    told = [e.parse_data for e in tracker.events if isinstance(e, UserUttered)]
    assert told[0]["self_check"] == {"where": "arms"}
    assert told[1]["screening"]["signs"] == ["x"]


def test_a_form_goes_on_where_it_was(store):
    events = [*turn("start"), ActiveLoop("self_check_form"), SlotSet("requested_slot", "topic")]
    tracker = run(play(store, "a", events))
    assert tracker.active_loop_name == "self_check_form"
    assert tracker.latest_action_name == "action_listen"
    ended = run(play(store, "a", [*turn("stop"), ActiveLoop(None)]))
    assert ended.active_loop_name is None


def test_a_new_session_knows_nothing_of_the_one_before(store):
    run(play(store, "a", turn("my chest hurts")))
    tracker = run(play(store, "a", [*beginning(), SlotSet("topic", None), *turn("hello", None)]))
    assert texts(tracker) == ["hello"]
    assert tracker.get_slot("topic") is None
    assert len(texts(run(store.retrieve_full_tracker("a")))) == 2


def test_the_short_way_and_all_events_come_to_the_same_state(store):
    turns = [turn(f"q{i}", ["sleep", "startle", "tic"][i % 3]) for i in range(50)]
    short = run(play(store, "a", *turns))
    full = run(store.retrieve_full_tracker("a"))
    assert short.current_slot_values() == full.current_slot_values()
    assert short.active_loop_name == full.active_loop_name
    assert short.latest_message.text == full.latest_message.text
    assert short.latest_action_name == full.latest_action_name


def test_a_conversation_goes_on_while_the_database_is_away_and_is_written_when_it_is_back(store):
    run(play(store, "a", turn("first")))
    back = cut(store)
    tracker = run(play(store, "a", turn("second"), turn("third")))
    assert texts(tracker) == ["first", "second", "third"]
    assert tracker.past_is_known
    back()
    store._catch_up()
    assert texts(run(store.retrieve_full_tracker("a"))) == ["first", "second", "third"]
    assert texts(run(play(store, "a", turn("fourth")))) == ["first", "second", "third", "fourth"]
    assert [row.position for row in rows(store, conversation_events)] == list(range(27))


def test_an_unknown_past_is_said_to_be_unknown_and_joined_later(new_store):
    first, second = new_store(), new_store()
    run(play(first, "a", turn("told before")))
    back = cut(second)
    tracker = run(play(second, "a", turn("told meanwhile")))
    assert not tracker.past_is_known
    assert texts(tracker) == ["told meanwhile"]
    back()
    tracker = run(play(second, "a", turn("told after")))
    assert tracker.past_is_known
    assert texts(tracker) == ["told before", "told meanwhile", "told after"]


def test_two_servers_that_write_at_once_lose_nothing(new_store):
    one, other = new_store(), new_store()

    async def at_once():
        await play(one, "a", turn("first"))
        here, there = await one.retrieve("a"), await other.retrieve("a")
        here.update_with_events(turn("from here"), one.domain)
        there.update_with_events(turn("from there"), one.domain)
        await one.save(here)
        await other.save(there)
        return await one.retrieve("a")

    assert texts(run(at_once())) == ["first", "from here", "from there"]


def test_saving_twice_keeps_once(store):
    async def twice():
        tracker = DialogueStateTracker.from_events("a", [*beginning(), *turn("x")], [])
        await store.save(tracker)
        await store.save(tracker)
        held = await store.retrieve("a")
        held.update_with_events(turn("y"), store.domain)
        await store.save(held)
        await store.save(held)

    run(twice())
    assert texts(run(store.retrieve_full_tracker("a"))) == ["x", "y"]


FORM = [ActionExecuted("check_form"), ActiveLoop("check_form"), ActionExecuted("action_listen")]


@pytest.mark.parametrize("asides", [False, True])
def test_a_tracker_tells_rasa_what_rasa_would_find_out_by_going_through_all_events(store, asides):
    tracker = module.HeldTracker("a", store.domain.slots)
    seen = []
    events = [*turn("why", "sleep"), *FORM, *turn("two"), *FORM, ActiveLoop(None), *turn("and?")]
    for number, event in enumerate(events):
        tracker.update(event, store.domain)
        if asides and number == 4:
            tracker.asides = frozenset([id(events[1])])
        if number % 2:
            seen.append(tracker.past_states(store.domain))
            assert seen[-1] == DialogueStateTracker.past_states(tracker, store.domain)
            seen[-1][-1].clear()  # Rasa does such things
    tracker.asides = frozenset(id(event) for event in events[:3])
    wanted = DialogueStateTracker.past_states(tracker, store.domain)
    assert tracker.past_states(store.domain) == wanted
    assert len({len(states) for states in seen}) > 4


def test_a_copied_tracker_is_as_rasa_copies_it_and_goes_its_own_way(store):
    tracker = module.HeldTracker("a", store.domain.slots)
    tracker.update_with_events([*turn("why", "sleep"), *FORM], store.domain)
    same, rasas = tracker.copy(), DialogueStateTracker.copy(tracker)
    assert type(same) is type(rasas)
    assert list(same.events) == list(rasas.events)
    assert same.current_slot_values() == rasas.current_slot_values()
    for name in ("latest_message", "latest_action", "active_loop", "followup_action", "sender_id"):
        assert getattr(same, name) == getattr(rasas, name)
    before = tracker.current_slot_values(), len(tracker.events)
    same.update_with_events([SlotSet("topic", "tic"), ActiveLoop(None)], store.domain)
    assert (tracker.current_slot_values(), len(tracker.events)) == before
    assert tracker.active_loop.name == "check_form" and tracker.get_slot("topic") == "sleep"


def test_a_commit_that_was_not_heard_of_is_not_repeated(store):
    run(play(store, "a", turn("first")))
    once = store.database._once

    def deaf(work):
        once(work)
        raise sa.exc.OperationalError("", {}, Exception("cut after the commit"))

    store.database._once = deaf

    async def told():
        tracker = module.HeldTracker("a", store.domain.slots)
        tracker.stored, tracker.past = 9, []
        tracker.update_with_events(turn("second"), store.domain)
        await store.save(tracker)

    run(told())
    store.database._once, store.database._away_until = once, 0.0
    store._catch_up()
    assert texts(run(store.retrieve_full_tracker("a"))) == ["first", "second"]


def test_deleting_leaves_nothing_in_the_database_in_memory_or_in_the_file(store, tmp_path):
    run(play(store, "mine", turn("my unmistakable jerk")))
    run(play(store, "yours", turn("another")))
    run(store.delete("mine"))
    assert run(store.retrieve("mine")) is None
    assert run(store.retrieve_full_tracker("mine")) is None
    assert len(rows(store, conversations)) == 1
    for file in tmp_path.iterdir():
        assert b"unmistakable" not in file.read_bytes()


def test_deleting_is_not_claimed_while_the_database_is_away(store):
    run(play(store, "a", turn("x")))
    cut(store)
    with pytest.raises(Away):
        run(store.delete("a"))


def test_who_asks_to_be_forgotten_is(store):
    run(play(store, "a", turn("something private")))
    run(play(store, "a", turn("delete my conversation", intent="forget")))
    assert run(store.retrieve("a")) is None
    assert not rows(store, conversation_events)


def test_who_asks_to_be_forgotten_while_the_database_is_away_is_forgotten_when_it_is_back(store):
    run(play(store, "a", turn("something private")))
    back = cut(store)
    run(play(store, "a", turn("delete my conversation", intent="forget")))
    assert run(store.retrieve("a")) is None
    back()
    store._catch_up()
    assert not rows(store, conversation_events)


def test_idle_conversations_are_deleted_and_others_stay(store):
    run(play(store, "old", turn("x")))
    run(play(store, "new", turn("y")))
    with store.database.engine.begin() as connection:
        long_ago = time.time() - store.retention - 1
        old = conversations.c.key == store.key_of("old")
        connection.execute(sa.update(conversations).where(old).values(active=long_ago))
    assert store.sweep() == 1
    assert run(store.retrieve("old")) is None
    assert texts(run(store.retrieve("new"))) == ["y"]


def test_the_broker_gets_redacted_events(new_store):
    class Broker:
        def __init__(self):
            self.published = []

        def publish(self, event):
            self.published.append(event)

    broker = Broker()
    run(play(new_store(event_broker=broker), "a", turn("my name is Margaret Hollis")))
    assert "Margaret" not in json.dumps(broker.published)
    assert sum(event["event"] == "user" for event in broker.published) == 1


def test_only_so_many_conversations_stay_in_memory(store, monkeypatch):
    monkeypatch.setattr(module, "MOST_HELD", 3)
    for number in range(10):
        run(play(store, f"p{number}", turn("x")))
    assert len(store._held) == 3


def test_the_summary_keeps_no_name_that_it_quotes(store):
    bot = BotUttered('You wrote: "my name is Margaret Hollis"', metadata={"summary": True})
    run(play(store, "a", [*turn("summary"), bot]))
    assert "Margaret" not in str([row.data for row in rows(store, conversation_events)])


def test_answers_to_the_form_are_there_for_the_summary_and_not_looked_back_on(store):
    form = [ActionExecuted("self_check_form"), ActiveLoop("self_check_form")]
    listen = ActionExecuted("action_listen")
    answers = [[*turn(text)[:3], ActionExecuted("self_check_form"), listen] for text in "abc"]
    tracker = run(play(store, "a", [*turn("start")[:3], *form, listen], *answers, turn("after")))
    full = run(store.retrieve_full_tracker("a"))
    assert earlier_texts(tracker) == earlier_texts(full) == ["start", "after"]
    assert texts(tracker) == ["start", "a", "b", "c", "after"]


def test_who_waits_for_the_database_keeps_nobody_else_waiting(store):
    other = store.database.engine.connect()
    seen = []

    async def scene():
        await store.retrieve("a")  # the tables are there
        locked = other.begin()
        other.execute(
            sa.text("LOCK TABLE conversations" if not store.database.is_local else "SELECT 1")
        )
        waiting = asyncio.create_task(play(store, "a", turn("why do I jump")))
        for _ in range(5):
            await asyncio.sleep(0.02)
            seen.append(waiting.done())
        locked.commit()
        return await waiting

    with other:
        assert texts(run(scene())) == ["why do I jump"]
    assert seen == [False] * 5


def test_a_database_that_takes_work_and_never_answers_counts_as_away(store, monkeypatch):
    run(play(store, "a", turn("one")))
    monkeypatch.setattr(module, "LONGEST_WORK", 0.2)
    work, thawed = store.database._once, threading.Event()

    def frozen(what):
        thawed.wait(30)
        return work(what)

    store.database._once = frozen
    began = time.monotonic()
    assert texts(run(store.retrieve("a"))) == ["one"]
    assert not run(store.retrieve("b")).past_is_known
    run(play(store, "a", turn("two")))
    # The first of them has waited, the others have not.
    assert time.monotonic() - began < 2
    thawed.set()
    while store._hanging:
        time.sleep(0.01)
    assert texts(run(store.retrieve("a"))) == ["one", "two"]
