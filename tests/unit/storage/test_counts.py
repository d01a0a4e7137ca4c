import sqlalchemy as sa
from conftest import turn

from myoguide.counts import HOUR, StatusCounter
from myoguide.database import turn_counts


def publish(counter, events, sender="a"):
    for event in events:
        counter.publish({"sender_id": sender, **event.as_dict()})


def counted(counter):
    counter.flush()
    return counter._database.run(lambda c: c.execute(sa.select(turn_counts)).all())


def test_turns_are_counted_by_hour_status_topic_and_channel(url):
    counter = StatusCounter(url, background=False)
    for sender in ("a", "b"):
        publish(counter, turn("why do I jump"), sender)
    publish(counter, turn("and a tic?", "tic"))
    rows = {row.topic: row for row in counted(counter)}
    assert rows["sleep"].count == 2 and rows["tic"].count == 1
    assert rows["sleep"].channel == "rest" and rows["sleep"].status == "answered"
    assert rows["sleep"].hour % HOUR == 0


def test_sums_go_on_over_several_writes(url):
    counter = StatusCounter(url, background=False)
    for _ in range(3):
        publish(counter, turn("x"))
        rows = counted(counter)
    assert [row.count for row in rows] == [3]


def test_no_text_and_no_sender_is_in_a_count(url):
    counter = StatusCounter(url, background=False)
    forged = {"answer": "I feel ill, Margaret Hollis", "helpful": "no"}
    publish(counter, turn("my canary text", feedback=forged), "+447700900123")
    kept = str([tuple(row) for row in counted(counter)])
    for secret in ("canary", "Margaret", "7700900123"):
        assert secret not in kept


def test_a_rating_is_counted_with_its_answer(url):
    counter = StatusCounter(url, background=False)
    publish(counter, turn("/feedback", feedback={"answer": "sleep.cause", "helpful": "no"}))
    assert [(row.answer, row.helpful) for row in counted(counter)] == [("sleep.cause", "no")]


def test_an_unfinished_turn_is_not_counted_and_is_not_kept_for_ever(url, monkeypatch):
    monkeypatch.setattr("myoguide.counts.MOST_OPEN", 5)
    counter = StatusCounter(url, background=False)
    for number in range(20):
        publish(counter, turn("x")[:2], f"p{number}")
    assert not counted(counter)
    assert len(counter._open) == 5
