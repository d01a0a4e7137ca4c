"""Writes the page for the doctor from what the person told in this conversation."""

from __future__ import annotations

from typing import Any, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import summary


class ActionSummary(Action):
    """One message of plain text, marked as a summary so that a channel can print it."""

    def name(self) -> Text:
        return "action_summary"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[Text, Any]
    ) -> list[EventType]:
        page = summary.page(tracker.events, tracker.get_slot("check_outcome"))
        if page is None:
            dispatcher.utter_message(response="utter_summary_empty")
        else:
            dispatcher.utter_message(text=page, summary=True)
        return []
