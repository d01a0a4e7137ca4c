"""Says what the self-check came to."""

from __future__ import annotations

from typing import Any, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import content
from myoguide.safety.self_check import load_self_check

SUMMARY = {"title": "My summary", "payload": "/summary"}


class ActionSelfCheckOutcome(Action):
    """The row of the decision table that the pipeline found; urgent rows never come here."""

    def name(self) -> Text:
        return "action_self_check_outcome"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[Text, Any]
    ) -> list[EventType]:
        check = load_self_check()
        outcome = check.outcomes[tracker.get_slot("check_outcome")]
        number = tracker.get_slot("emergency_number")
        outranked = outcome.level == "none" and tracker.get_slot("escalation") == "routine"
        text = check.text_of(outcome, outranked).replace("{emergency_number}", number)
        buttons = [SUMMARY, *content.buttons(outcome.more)]
        if outranked:
            # Something told on the way asks for more than the answers do.
            dispatcher.utter_message(text=text)
            dispatcher.utter_message(response="utter_routine", buttons=buttons)
        else:
            dispatcher.utter_message(text=text, buttons=buttons)
        return []
