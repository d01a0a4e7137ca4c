"""Tells how to reach a person, where the site has named one."""

from __future__ import annotations

import os
from typing import Any, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher


class ActionPerson(Action):
    """Name, address (telephone, e-mail or page) and hours come from the environment."""

    def name(self) -> Text:
        return "action_person"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[Text, Any]
    ) -> list[EventType]:
        name = os.environ.get("MYOGUIDE_CONTACT_NAME", "").strip()
        address = os.environ.get("MYOGUIDE_CONTACT_ADDRESS", "").strip()
        hours = os.environ.get("MYOGUIDE_CONTACT_HOURS", "").strip()
        if not (name and address):
            dispatcher.utter_message(response="utter_chitchat/person")
        elif hours:
            dispatcher.utter_message(
                response="utter_person_contact_hours",
                contact_name=name,
                contact_address=address,
                contact_hours=hours,
            )
        else:
            dispatcher.utter_message(
                response="utter_person_contact", contact_name=name, contact_address=address
            )
        return []
