"""Who wants a person gets the contact that the site has set, or an honest no."""

from pathlib import Path

import pytest
from rasa_sdk.executor import CollectingDispatcher

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def said(monkeypatch):
    """The reply for the given environment."""
    monkeypatch.chdir(ROOT)
    from actions.action_person import ActionPerson

    def run(**environment):
        for name in ("NAME", "ADDRESS", "HOURS"):
            monkeypatch.setenv(f"MYOGUIDE_CONTACT_{name}", environment.get(name, ""))
        dispatcher = CollectingDispatcher()
        ActionPerson().run(dispatcher, None, {})
        return dispatcher.messages[0]

    return run


def test_without_a_contact_the_reply_is_honest(said):
    assert said()["response"] == "utter_chitchat/person"


def test_a_name_without_an_address_is_no_contact(said):
    assert said(NAME="Helpline")["response"] == "utter_chitchat/person"


def test_a_contact_is_given(said):
    message = said(NAME="Helpline", ADDRESS="help@example.org")
    assert message["response"] == "utter_person_contact"
    assert message["contact_address"] == "help@example.org"


def test_opening_hours_are_given_where_they_are_known(said):
    message = said(NAME="Helpline", ADDRESS="0123", HOURS="Monday to Friday, 9 to 5")
    assert message["response"] == "utter_person_contact_hours"
    assert message["contact_hours"] == "Monday to Friday, 9 to 5"
