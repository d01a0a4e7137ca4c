"""The country of a message decides whose telephone numbers the replies give."""

import logging
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.country import CountryReader
from myoguide.safety.contacts import SITE_COUNTRY, contacts_for, load_contacts, site_country

ROOT = Path(__file__).resolve().parents[3]
SLOTS = Domain.load(str(ROOT / "domain.yml")).slots
NUMBERS = ("emergency_number", "crisis_line", "poison_line")


def filled(metadata, country=None):
    """The slots that a message with ``metadata`` fills where ``country`` was known before."""
    tracker = DialogueStateTracker("somebody", SLOTS)
    if country:
        tracker.update(SlotSet("country", country))
    message = Message({"text": "hi", "metadata": metadata})
    CountryReader({}).process([message], tracker)
    return {entity["entity"]: entity["value"] for entity in message.get(ENTITIES) or []}


@pytest.fixture(autouse=True)
def no_site(monkeypatch):
    monkeypatch.delenv(SITE_COUNTRY, raising=False)


@pytest.mark.parametrize("country", sorted(set(load_contacts()) - {"default"}))
def test_each_country_fills_its_own_numbers(country):
    slots = filled({"country": country})
    assert slots == {"country": country} | {
        name: getattr(contacts_for(country), name) for name in NUMBERS
    }


def test_a_country_without_an_entry_gets_the_numbers_that_fit_anywhere():
    slots = filled({"country": "se"}, country="GB")
    assert slots["country"] == "SE"
    assert slots["emergency_number"] == "112 or 911"


@pytest.mark.parametrize(
    "metadata",
    [None, {}, "GB", {"country": None}, {"country": ["GB"]}, {"country": "{x}"},
     {"country": "Great Britain"}],
)  # fmt: skip
def test_what_is_no_country_changes_nothing(metadata):
    assert filled(metadata) == {}
    assert filled(metadata, country="GB") == {}


def test_a_country_that_is_known_is_not_filled_in_again():
    assert filled({"country": "GB"}, country="GB") == {}


def test_the_site_sets_the_country_of_whoever_names_none(monkeypatch):
    monkeypatch.setenv(SITE_COUNTRY, "gb")
    assert filled({})["emergency_number"] == "999"
    assert filled({"country": "AU"})["emergency_number"] == "000"
    assert filled({}, country="AU") == {}


def test_a_wrong_country_of_the_site_is_named_and_does_not_stop_the_replies(monkeypatch, caplog):
    monkeypatch.setenv(SITE_COUNTRY, "UK")
    with pytest.raises(ValueError, match=r"UK.*use one of AU.*GB"):
        site_country()
    with caplog.at_level(logging.ERROR):
        assert filled({}) == {}
    assert "UK" in caplog.text


def test_the_slots_begin_with_the_numbers_that_fit_anywhere():
    first = {slot.name: slot.initial_value for slot in SLOTS}
    assert {name: first[name] for name in NUMBERS} == {
        name: getattr(contacts_for(None), name) for name in NUMBERS
    }
