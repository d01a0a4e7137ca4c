"""Deletes what a tracker store keeps of one conversation; Rasa's stores cannot do it themselves."""

from __future__ import annotations

from typing import Text

from rasa.core.tracker_store import (
    AwaitableTrackerStore,
    FailSafeTrackerStore,
    InMemoryTrackerStore,
    SQLTrackerStore,
    TrackerStore,
)


async def forget_conversation(store: TrackerStore, conversation: Text) -> None:
    """Deletes every event of ``conversation``; NotImplementedError where the store is unknown."""
    while isinstance(store, (AwaitableTrackerStore, FailSafeTrackerStore)):
        if isinstance(store, FailSafeTrackerStore) and store._fallback_tracker_store is not None:
            await forget_conversation(store._fallback_tracker_store, conversation)
        store = store._tracker_store
    if isinstance(store, InMemoryTrackerStore):
        store.store.pop(conversation, None)
    elif isinstance(store, SQLTrackerStore):
        with store.session_scope() as session:
            session.query(store.SQLEvent).filter_by(sender_id=conversation).delete()
            session.commit()
    else:
        raise NotImplementedError(f"cannot delete from a {type(store).__name__}")
