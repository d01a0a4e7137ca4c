"""Asks back where two or three answers are equally likely."""

from __future__ import annotations

from typing import Any, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import content


class ActionClarify(Action):
    """Offers the candidates as buttons, worded as a person would ask."""

    def name(self) -> Text:
        return "action_clarify"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[Text, Any]
    ) -> list[EventType]:
        options = (tracker.latest_message.get("question") or {}).get("options", ())
        dispatcher.utter_message(
            response="utter_clarify", buttons=[content.button(answer) for answer in options]
        )
        return []
