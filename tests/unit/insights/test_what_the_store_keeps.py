"""Messages that were not understood, from the turn to the editor, through the store itself."""

from __future__ import annotations

import asyncio
import time

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from myoguide.database import conversations
from myoguide.database import not_understood as table
from myoguide.insights import not_understood
from myoguide.store import ConversationStore

TEXT = "flurb the wotsit, call Tom Smith on 07700 900123"


@pytest.fixture
def store(url, monkeypatch) -> ConversationStore:
    monkeypatch.setenv("MYOGUIDE_SECRET", "s" * 40)
    monkeypatch.setenv(not_understood.VARIABLE, "1")
    return ConversationStore(Domain.empty(), background=False)


def say(store: ConversationStore, text: str = TEXT, status: str = "not_understood") -> None:
    entities = [{"entity": "status", "value": status, "start": 0, "end": len(text)}]
    parsed = {"text": text, "intent": {"name": "noise"}, "entities": entities}
    events = [
        ActionExecuted("action_listen"),
        UserUttered(text, parsed["intent"], entities, parsed),
        ActionExecuted("action_listen"),
    ]
    asyncio.run(store.save(DialogueStateTracker.from_events("somebody", events)))


def rows(store: ConversationStore) -> list:
    return store.database.run(lambda c: c.execute(sa.select(table)).all())


def test_a_message_that_was_not_understood_is_kept_without_personal_data(store):
    say(store)
    (row,) = rows(store)
    assert row.text.startswith("flurb the wotsit")
    assert "Smith" not in row.text and "900123" not in row.text


def test_a_message_that_was_answered_is_not_kept(store):
    say(store, status="answered")
    assert rows(store) == []


def test_without_the_sites_wish_nothing_is_kept(store, monkeypatch):
    monkeypatch.delenv(not_understood.VARIABLE)
    say(store)
    assert rows(store) == []


def test_who_has_their_conversation_deleted_has_it_deleted_there_too(store):
    say(store)
    asyncio.run(store.delete("somebody"))
    assert rows(store) == []


def test_after_the_retention_it_can_no_longer_be_told_whose_it_was(store):
    say(store)
    long_ago = time.time() - store.retention - 60
    store.database.run(lambda c: c.execute(sa.update(conversations).values(active=long_ago)))
    assert store.sweep() == 1
    (row,) = rows(store)
    assert row.key == not_understood.UNLINKED
