"""Deletes what is kept of one conversation; Rasa's own stores cannot do it themselves."""

from __future__ import annotations

from typing import Text

from rasa.core.tracker_store import AwaitableTrackerStore, FailSafeTrackerStore, TrackerStore

from myoguide.store import ConversationStore


async def forget_conversation(store: TrackerStore, conversation: Text) -> None:
    """Deletes everything of ``conversation``, in the database and in memory.

    Raises `myoguide.database.Away` if that cannot be done now, and NotImplementedError where
    ``endpoints.yml`` names another store.
    """
    while isinstance(store, (AwaitableTrackerStore, FailSafeTrackerStore)):
        store = store._tracker_store
    if not isinstance(store, ConversationStore):
        raise NotImplementedError(f"cannot delete from a {type(store).__name__}")
    await store.delete(conversation)
