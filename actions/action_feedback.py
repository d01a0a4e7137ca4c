"""Counts whether an answer helped; never the text, and never in the way of the reply."""

from __future__ import annotations

import json
from typing import Any, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import content
from myoguide import feedback


class ActionFeedback(Action):
    """Thanks; after a first "no" it offers reasons, which nobody has to choose."""

    def name(self) -> Text:
        return "action_feedback"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[Text, Any]
    ) -> list[EventType]:
        given = tracker.latest_message.get("feedback") or {}
        answer, helpful, reason = given.get("answer"), given.get("helpful"), given.get("reason")
        if answer not in content.PACK.answers:
            return []
        known = reason if reason in content.REASONS else None
        feedback.count_soon(answer, helpful, known, later=_was_counted(tracker, answer))
        if helpful == "no" and reason is None:
            dispatcher.utter_message(
                response="utter_feedback_why",
                buttons=[
                    {"title": title, "payload": _payload(answer, reason)}
                    for reason, title in content.REASONS.items()
                ],
            )
        else:
            dispatcher.utter_message(response="utter_feedback_thanks")
        return []


def _was_counted(tracker: Tracker, answer: Text) -> bool:
    """Tell whether the answer was judged before in this conversation, without a reason."""
    before = [event for event in tracker.events if event.get("event") == "user"][:-1]
    given = [(event.get("parse_data") or {}).get("feedback") or {} for event in before]
    of_answer = [one for one in given if one.get("answer") == answer]
    last = of_answer[-1] if of_answer else {}
    return last.get("helpful") == "no" and "reason" not in last


def _payload(answer: Text, reason: Text) -> Text:
    parts = {"answer": answer, "helpful": "no", "reason": reason}
    return "/feedback" + json.dumps(parts, separators=(",", ":"))
