"""Stores on SQLite; on PostgreSQL too where MYOGUIDE_TEST_DATABASE_URL names one."""

import os
import uuid

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from myoguide import database as db
from myoguide.store import ConversationStore

POSTGRES = os.environ.get("MYOGUIDE_TEST_DATABASE_URL")
DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    intents: [ask, forget]
    slots:
      topic: {type: text, influence_conversation: false, mappings: [{type: custom}]}
      status: {type: text, influence_conversation: false, mappings: [{type: custom}]}
    forms: {self_check_form: {required_slots: []}}
    """
)


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRES else ["sqlite"])
def url(request, tmp_path, monkeypatch):
    """Address of an empty database."""
    monkeypatch.setenv("MYOGUIDE_SECRET", "s" * 40)
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/kept.db"
    name = f"test_{uuid.uuid4().hex[:12]}"
    with sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return str(sa.engine.make_url(POSTGRES).set(database=name))


@pytest.fixture
def new_store(url):
    """Makes stores on one database, as several servers would."""
    stores = []

    def make(**settings):
        db.database.cache_clear()
        stores.append(ConversationStore(DOMAIN, url, background=False, **settings))
        return stores[-1]

    yield make
    for store in stores:
        store.database.engine.dispose()


@pytest.fixture
def store(new_store):
    return new_store()


def turn(text, topic="sleep", intent="ask", buttons=(), channel="rest", **parsed):
    """Events of one turn as Rasa makes them."""
    bot = {"buttons": [{"title": b, "payload": b} for b in buttons]} if buttons else {}
    data = {"intent": {"name": intent}, "text": text, "entities": _carriers(topic), **parsed}
    return [
        UserUttered(text, {"name": intent}, _carriers(topic), data, input_channel=channel),
        SlotSet("topic", topic),
        SlotSet("status", "answered"),
        ActionExecuted("action_answer"),
        BotUttered("An answer.", data=bot, metadata={"answers": [f"{topic}.cause"]}),
        ActionExecuted("action_listen"),
    ]


def _carriers(topic):
    return [{"entity": "topic", "value": topic}, {"entity": "status", "value": "answered"}]


def beginning():
    """Events of a session that begins."""
    return [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        ActionExecuted("action_listen"),
    ]


async def play(store, sender, *turns):
    """Turns as the server plays them: retrieve, update, save."""
    for events in turns:
        tracker = await store.retrieve(sender)
        if tracker is None:
            tracker = DialogueStateTracker.from_events(sender, beginning(), DOMAIN.slots)
        tracker.update_with_events(events, DOMAIN)
        await store.save(tracker)
    return await store.retrieve(sender)


def texts(tracker):
    """What the person wrote."""
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]
