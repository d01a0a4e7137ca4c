"""Sends the curated answer, or answers, that the pipeline chose."""

from __future__ import annotations

from typing import Any, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import content


class ActionAnswer(Action):
    """One message: the answer, its source line, and buttons with what is worth asking next."""

    def name(self) -> Text:
        return "action_answer"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[Text, Any]
    ) -> list[EventType]:
        question = tracker.latest_message.get("question") or {}
        ids = question.get("answers") or content.answers_from_slots(tracker)
        if content.is_for_the_crew(ids, tracker):
            dispatcher.utter_message(response="utter_answer_stands")
            return []
        if content.asks_of_the_emergency(ids, tracker):
            dispatcher.utter_message(response="utter_ask_the_crew")
            return []
        if not ids:
            # Beside an escalation the rest of the message may be small talk or not ours.
            if question.get("reply"):
                dispatcher.utter_message(response=f"utter_{question['reply']}")
            return []
        if content.is_said_by_the_card(ids, tracker):
            return []
        # In the self-check its own question follows, with its own buttons.
        buttons = [] if tracker.active_loop_name else content.buttons_after(ids[-1], tracker)
        if content.is_told_again(ids, tracker):
            dispatcher.utter_message(
                response="utter_answer_stands", buttons=buttons, answers=list(ids)
            )
            return []
        calm = tracker.get_slot("status") in ("answered", "escalated_routine")
        heard = content.worry_heard(tracker) if calm else ""
        dispatcher.utter_message(
            text="\n\n".join(filter(None, [heard, content.text_of(ids)])),
            buttons=buttons,
            answers=list(ids),
        )
        if "question" in tracker.latest_message:
            return []
        # A button: no message was read, so the status is set here.
        return [SlotSet("status", "answered")]
