"""The self-check needs neither the encoder nor the action server; every outcome is said."""

from pathlib import Path

import pytest
import yaml
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import SCREENING
from myoguide.nlu.safety_screen import escalate
from myoguide.nlu.self_check import FORM, SelfCheckAhead, SelfCheckReader
from myoguide.nlu.self_check_importer import responses
from myoguide.safety.say import replies
from myoguide.safety.self_check import load_self_check

ROOT = Path(__file__).resolve().parents[3]
DOMAIN = Domain.load(str(ROOT / "domain.yml"))
CHECK = load_self_check()
CALM = {"level": "none", "signs": [], "new_signs": [], "retracted": False, "help_is_there": False}
AHEAD, READER = SelfCheckAhead({}), SelfCheckReader({})
NLG = TemplatedNaturalLanguageGenerator(responses())
SLOTS = {slot.name: slot.initial_value for slot in DOMAIN.slots}


def read(text, step=None, screening=CALM):
    """The message as it leaves the reader when the encoder is away."""
    message = Message({"text": text})
    if screening:
        message.set(SCREENING, screening)
    escalate(message, "failed_safe", "none", None, "ConversationResolver")
    tracker = DialogueStateTracker("somebody", DOMAIN.slots)
    if step:
        tracker.update(ActiveLoop(FORM))
        tracker.update(SlotSet("requested_slot", f"check_{step}"))
    READER.process(AHEAD.process([message]), tracker)
    slots = {e["entity"]: e["value"] for e in message.get(ENTITIES)}
    return message.get(INTENT)["name"], slots


def test_without_the_encoder_the_self_check_begins():
    intent, slots = read("check my symptoms")
    assert intent == "self_check"
    assert slots["status"] == "self_check"


def test_without_the_encoder_an_answer_is_read_and_the_check_goes_on():
    intent, slots = read("my left eyelid", "where")
    assert intent == "check_answer"
    assert slots["check_where"] == "face"


def test_without_the_encoder_what_is_no_answer_is_asked_again():
    assert read("blah flurb", "often")[0] == "check_unclear"


def test_without_the_encoder_the_opening_still_comes():
    assert read("/chitchat/greeting")[0] == "opening"


def test_without_the_encoder_a_question_gets_the_safe_reply():
    assert read("why do i twitch")[0] == "failed_safe"


@pytest.mark.parametrize("text", ["check my symptoms", "none of these"])
def test_where_the_screen_itself_failed_no_check_goes_on(text):
    assert read(text, "danger", screening=None)[0] == "failed_safe"
    assert read(text, screening=None)[0] == "failed_safe"


OUTCOMES = [row for row in CHECK.outcomes.values() if not row.sign]
ROUTINE = [reply.sign for reply in replies() if reply.level == "routine"]


def said(**slots):
    return NLG.generate_from_slots("utter_check_outcome", {**SLOTS, **slots}, "rest")


@pytest.mark.parametrize("row", OUTCOMES, ids=[row.id for row in OUTCOMES])
def test_every_outcome_is_a_reply_of_the_server_itself(row):
    reply = said(check_outcome=row.id, escalation=row.level, emergency_number="999")
    assert row.because in reply["text"]
    assert CHECK.closing in reply["text"]
    assert "{" not in reply["text"]
    assert len(reply["buttons"]) == 1 + len(row.more)
    assert all("{{" not in button["payload"] for button in reply["buttons"])


@pytest.mark.parametrize("sign", ROUTINE)
def test_a_sign_told_on_the_way_leads_and_nothing_says_that_no_doctor_is_needed(sign):
    for row in OUTCOMES:
        if row.level == "none":
            reply = said(check_outcome=row.id, escalation="routine", sign=sign)
            assert reply["metadata"] == {"level": "routine", "sign": sign}
            assert row.because not in reply["text"]
            assert CHECK.closing in reply["text"]


def test_the_action_server_has_no_part_in_the_self_check():
    rules = yaml.safe_load((ROOT / "data/dialogue/self_check.yml").read_text("utf-8"))["rules"]
    actions = {step["action"] for rule in rules for step in rule["steps"] if "action" in step}
    built_in = {"action_deactivate_loop", FORM}
    assert all(name.startswith("utter_") for name in actions - built_in)
