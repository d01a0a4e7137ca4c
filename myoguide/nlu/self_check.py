"""The self-check in the pipeline: reads answers into slots and recognises what asks for an action.

It stands last, when the meaning of a message as a question is known, and never touches an
emergency. All it decides is in the slots and the intent, so that the form, an emergency inside it
included, needs no action server.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any, Optional, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.nlu.graph import (
    QUESTION,
    SCREENING,
    StatelessComponent,
    intent_of,
    set_intent,
    set_slot_carrier,
)
from myoguide.nlu.payload_guard import DISARMED
from myoguide.nlu.safety_screen import earlier_texts, escalate, remember
from myoguide.nlu.self_check_importer import SLOT
from myoguide.safety import screen
from myoguide.safety.self_check import TOLD, UNKNOWN, load_self_check
from myoguide.safety.signs import LEVELS, Sign

logger = logging.getLogger(__name__)

FORM = "self_check_form"
JERKS = "I have jerks."
OUTCOME, TOLD_BEFORE, NOTED = "check_outcome", "check_told", "check_noted"
# Message property: what this message answered, by step. The summary is made from it.
ANSWERS = "self_check"
# Message properties: the intent wished for in so many words, or None; what is told, by step.
WISH, TELLS = "wish", "tells"

# What a button or a channel sends, and what people say, for an intent of its own.
PAYLOADS = {
    "/self_check": "self_check",
    "/summary": "summary",
    "/menu": "menu",
    "/chitchat/greeting": "opening",
}
REPLIES = {
    "request/self_check": "self_check",
    "request/summary": "summary",
    "chitchat/capabilities": "menu",
    "chitchat/person": "person",
    "chitchat/greeting": "opening",
}
# What such a wish becomes in the middle of the check, which then goes on.
ASIDES = {
    "summary": "summary",
    "menu": "menu",
    "person": "person",
    "opening": "greeting_again",
    "self_check": "check_unclear",
}
STATUS_OF = {
    "self_check": "self_check",
    "summary": "self_check",
    "check_answer": "self_check",
    "check_unclear": "self_check",
    "check_why": "self_check",
    "check_stop": "self_check",
}
OTHER_STATUS = "small_talk"
# What the screen decided and nothing here changes.
NOT_OURS = ("emergency", "emergency_open", "failed_safe")
# What is no question about a topic.
NO_QUESTION = ("clarify", "chitchat", "scope", "noise")
FEEDBACK = "/feedback"
FEEDBACK_PARTS = ("answer", "helpful", "reason")

_ASKS = re.compile(
    r"\W*(?:so |and |but |ok |wait |sorry )?(?:what|why|how|who|which|is|are|can|could|does"
    r"|do you|did|should|will|would|may|tell me|explain)\b",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"\W*(?:and|so|then|well|ok|okay|hm+|um+|er+)?\W*", re.IGNORECASE)
# Steps whose answer is taken only when they are asked.
_NEVER_KEPT = ("danger", "tried")
# From so many words on, an answer is read for what it tells of later steps as well.
_LONG_ANSWER = 6
# With fewer words an answer tells of nothing but its own step.
_LONG_ENOUGH = 4
# A statement is taken for a question in the middle of the check only above this confidence.
_CLEAR_QUESTION = 0.4
# Small talk in the middle of the check; an unclear "yes" or "no" belongs to the question asked.
_CLEAR_SMALL_TALK = 0.5
_NOT_SMALL_TALK = ("chitchat/affirm", "chitchat/deny", "chitchat/repeat")


def _bare(message: Message) -> Text:
    """The text as it was typed."""
    return (message.get(TEXT) or "").lstrip(DISARMED).strip()


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class SelfCheckAhead(StatelessComponent):
    """Reads for `SelfCheckReader` what needs nothing but the text.

    That is a wish for the self-check or its summary in so many words, and what the message answers
    already. Its place is before what waits for the encoder.
    """

    def __init__(self, config: dict[Text, Any]) -> None:
        super().__init__(config)
        self._check = load_self_check()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            try:
                text = _bare(message)
                message.set(WISH, self._check.request(text))
                message.set(TELLS, self._check.told(text))
            except Exception:
                # Without it the message is read as any other; no text in the log.
                logger.exception("the self-check could not read a text")
        return messages


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class SelfCheckReader(StatelessComponent):
    """Fills the slots of the self-check and sets the intents of `STATUS_OF` and `REPLIES`."""

    def __init__(self, config: dict[Text, Any]) -> None:
        super().__init__(config)
        self._check = load_self_check()
        self._check.prepare()

    def process(
        self, messages: list[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> list[Message]:
        for message in messages:
            try:
                if tracker is not None:
                    self._read(message, tracker)
            except Exception:
                # The message stays what the pipeline made of it; no text in the log.
                logger.exception("the self-check could not read a message")
        return messages

    def _read(self, message: Message, tracker: DialogueStateTracker) -> None:
        text = _bare(message)
        wished = PAYLOADS.get(text) or message.get(WISH)
        wanted = wished or REPLIES.get((message.get(QUESTION) or {}).get("reply"))
        ours = text in PAYLOADS or text.startswith(FEEDBACK)
        if ours:
            # Rasa would obey the payload whatever stands; the intent is decided here.
            message.set(TEXT, DISARMED + text)
        step = self._step(tracker)
        if self._is_only_not_understood(message) and (wished or step is not None):
            self._turn(message, "check_unclear")
        if intent_of(message) == "emergency" and step is not None:
            self._name_sign(message, step, text)
            self._clear_question(message)
        if intent_of(message) in NOT_OURS or self._stands(message, tracker):
            if wanted in ("self_check", "summary"):
                # Put off until help is there.
                self._clear_question(message)
                message.set(QUESTION, {"reply": f"request/{wanted}"}, add_to_output=True)
            return
        if self._tells_that_help_is_there(message, text):
            self._turn(message, "help_is_there")
            return
        if text.startswith(FEEDBACK) and self._feedback(message, text, tracker):
            self._screen_reason(message)
            return
        if step is not None and self._check.read(step, text) is None:
            self._screen_as_jerks(message, tracker, text)
        if intent_of(message) == "urgent" and not self._is_button(step, text):
            if step is None:
                self._note(message, self._told(message, tracker), fill=True)
            else:
                value = self._check.read(step, text)
                self._note(message, {} if value is None else {step: value})
                self._clear_question(message)
        elif step is not None:
            self._in_check(message, tracker, step, text, wished, wanted)
        elif wanted == "self_check":
            self._start(message, tracker)
        elif wanted and (wished or intent_of(message) in ("chitchat", "request")):
            if wanted == "opening":
                self._open(message, tracker)
            else:
                self._turn(message, wanted)
        else:
            self._note(message, self._told(message, tracker), fill=True)

    @staticmethod
    def _is_only_not_understood(message: Message) -> bool:
        """Tell whether the screen did its work and only the encoder or the classifier is away.

        The self-check reads by words and tables, and so goes on without them.
        """
        return intent_of(message) == "failed_safe" and message.get(SCREENING) is not None

    def _tells_that_help_is_there(self, message: Message, text: Text) -> bool:
        """Tell whether the message says no more than that help has come."""
        helped = (message.get(SCREENING) or {}).get("help_is_there")
        asks = self._asks(text) or "?" in text
        return bool(helped) and (intent_of(message) in NO_QUESTION or not asks)

    def _name_sign(self, message: Message, step: Text, text: Text) -> None:
        """A button of the first step names its sign; the screen may have read a neighbour."""
        option = self._check.steps[step].option(self._check.read(step, text))
        if option and option.sign and self._is_button(step, text):
            set_slot_carrier(message, "sign", option.sign, type(self).__name__)
            self._note(message, {step: option.id})

    def _is_button(self, step: Text | None, text: Text) -> bool:
        """Tell whether it is a button of the step; what that means, the table says."""
        options = self._check.steps[step].options if step is not None else ()
        return any(text in (option.says, option.title) for option in options)

    def _stands(self, message: Message, tracker: DialogueStateTracker) -> bool:
        """Keeps up an emergency or urgent outcome that the screen cannot see in the words alone.

        Tells whether it is an emergency, which is reminded of until help is there.
        """
        row = self._check.outcomes.get(tracker.get_slot(OUTCOME) or "")
        screening = message.get(SCREENING) or {}
        level = screening.get("level", "none")
        if row is None or not row.sign or LEVELS.index(row.level) <= LEVELS.index(level):
            return False
        by = type(self).__name__
        if screening.get("help_is_there") or screening.get("retracted"):
            set_slot_carrier(message, OUTCOME, None, by)
            return False
        if row.level == "emergency":
            escalate(message, "emergency_open", row.level, row.sign, by)
            return True
        set_slot_carrier(message, "escalation", row.level, by)
        set_slot_carrier(message, "sign", row.sign, by)
        return False

    # --- inside the check

    @staticmethod
    def _screen_as_jerks(message: Message, tracker: DialogueStateTracker, text: Text) -> None:
        """The check is about jerks: what is no answer is screened as if they had been told."""
        screening = screen(text, [JERKS, *earlier_texts(tracker)]).cautious()
        before = (message.get(SCREENING) or {}).get("level", "none")
        higher = LEVELS.index(screening.level) > LEVELS.index(before)
        if higher and screening.level in ("urgent", "emergency") and screening.signs[0].new:
            by = SelfCheckReader.__name__
            escalate(message, screening.level, screening.level, screening.sign, by)
            SelfCheckReader._clear_question(message)

    def _step(self, tracker: DialogueStateTracker) -> Text | None:
        """The step that is being asked, or None outside the check."""
        requested = tracker.get_slot("requested_slot") or ""
        step = requested.removeprefix(SLOT)
        return step if tracker.active_loop_name == FORM and step in self._check.steps else None

    def _in_check(
        self,
        message: Message,
        tracker: DialogueStateTracker,
        step: Text,
        text: Text,
        wished: Text | None,
        wanted: Text | None,
    ) -> None:
        set_slot_carrier(message, NOTED, "", type(self).__name__)
        control = self._check.control(step, text)
        value = self._check.read(step, text)
        if control in ("stop", "why"):
            self._turn(message, f"check_{control}")
        elif control == "back":
            self._go_back(message, step)
        elif value is None and wanted in ASIDES and (wished or self._is_clear(message)):
            self._turn(message, ASIDES[wanted])
        elif control == UNKNOWN:
            self._answer(message, tracker, {step: UNKNOWN})
        elif value is None and self._is_nothing(text):
            self._turn(message, "check_unclear")
        elif value is None and self._is_small_talk(message) and not self._asks(text):
            return
        elif value is None and (kept := self._kept(tracker, step, text)):
            set_slot_carrier(message, NOTED, self._check.noted, type(self).__name__)
            self._answer(message, tracker, kept)
        elif value is None and self._is_aside(message, step, text):
            return
        elif value is not None and not self._asks(text):
            told = {**self._further(tracker, step, text), **self._noticed(tracker, step, text)}
            self._answer(message, tracker, {**told, step: value})
        elif self._asks(text) and intent_of(message) in ("ask", "routine"):
            return
        elif self._check.steps[step].free and self._says_something(message):
            self._answer(message, tracker, {**self._noticed(tracker, step, text), step: TOLD})
        elif self._was_unclear(tracker) and not self._check.steps[step].must:
            self._answer(message, tracker, {step: UNKNOWN})
        else:
            self._turn(message, "check_unclear")

    def _is_aside(self, message: Message, step: Text, text: Text) -> bool:
        """Tell whether it is a question or small talk rather than an answer."""
        confidence = (message.get(INTENT) or {}).get("confidence", 0.0)
        intent = intent_of(message)
        if self._asks(text) or text.endswith("?"):
            return intent in ("ask", "chitchat", "scope", "routine")
        aspects = (message.get(QUESTION) or {}).get("aspects") or [{}]
        tells = aspects[0].get("name") == "self_report" or self._check.steps[step].free
        return intent == "ask" and not tells and confidence >= _CLEAR_QUESTION

    @staticmethod
    def _is_nothing(text: Text) -> bool:
        """Tell whether it is impatience without a word to go by ("and?", "so?")."""
        return bool(_NOTHING.fullmatch(text))

    @staticmethod
    def _asks(text: Text) -> bool:
        """Tell whether it is worded as a question."""
        return bool(_ASKS.match(text))

    @staticmethod
    def _is_small_talk(message: Message) -> bool:
        reply = (message.get(QUESTION) or {}).get("reply")
        is_one = intent_of(message) == "chitchat" and reply not in _NOT_SMALL_TALK
        return is_one and SelfCheckReader._is_clear(message)

    @staticmethod
    def _is_clear(message: Message) -> bool:
        return (message.get(INTENT) or {}).get("confidence", 0.0) >= _CLEAR_SMALL_TALK

    @staticmethod
    def _says_something(message: Message) -> bool:
        reply = (message.get(QUESTION) or {}).get("reply") or ""
        return reply != "noise/gibberish" and reply not in _NOT_SMALL_TALK

    @staticmethod
    def _was_unclear(tracker: DialogueStateTracker) -> bool:
        latest = tracker.latest_message
        return latest is not None and latest.intent.get("name") == "check_unclear"

    def _further(self, tracker: DialogueStateTracker, step: Text, text: Text) -> dict[Text, Text]:
        """What an answer to ``step`` tells of later steps that are still open."""
        order = list(self._check.steps)
        if len(text.split()) < _LONG_ANSWER or step == order[0]:
            return {}
        open_steps = [
            s
            for s in order[order.index(step) + 1 :]
            if self._check.steps[s].told_before and tracker.get_slot(SLOT + s) is None
        ]
        # "My baby, three months": an age, not since when.
        if step == "person" and "since" in open_steps:
            open_steps.remove("since")
        read = {s: self._check.read(s, text) for s in open_steps}
        return {s: value for s, value in read.items() if value is not None}

    def _kept(self, tracker: DialogueStateTracker, step: Text, text: Text) -> dict[Text, Text]:
        """Answers to other open steps: they are kept, and the step is asked again."""
        if self._asks(text) or text.endswith("?"):
            return {}
        others = (name for name in self._check.steps if name not in (step, *_NEVER_KEPT))
        open_steps = [s for s in others if tracker.get_slot(SLOT + s) in self._vague(s)]
        read = {name: self._check.read(name, text) for name in open_steps}
        if read.get("often") and "since" in read:
            del read["since"]  # "all day" is how often, not since when
        # Any "no" fits several steps; it is for the one that is asked.
        plain_no = {name: step.if_no for name, step in self._check.steps.items()}
        return {s: value for s, value in read.items() if value not in (None, plain_no[s])}

    def _vague(self, step: Text) -> tuple[Text | None, ...]:
        """Values of a step in whose place a clearer one may come."""
        noticed = self._check.steps["noticed"]
        return (None, noticed.if_no, TOLD, UNKNOWN) if step == noticed.id else (None,)

    def _noticed(self, tracker: DialogueStateTracker, step: Text, text: Text) -> dict[Text, Text]:
        """Something serious that was noticed, told too early or too late."""
        noticed = self._check.steps["noticed"]
        if step in ("danger", "noticed", "tried") or len(text.split()) < _LONG_ENOUGH:
            return {}
        if tracker.get_slot(SLOT + noticed.id) not in self._vague(noticed.id):
            return {}
        value = self._check.read(noticed.id, text)
        serious = value is not None and self._check.counts_alone(noticed.id, value)
        return {noticed.id: value} if serious else {}

    def _go_back(self, message: Message, step: Text) -> None:
        order = list(self._check.steps)
        before = order.index(step) - 1
        if before < 0:
            self._turn(message, "check_unclear")
            return
        self._turn(message, "check_answer")
        self._note(message, {order[before]: None}, fill=True)

    def _answer(
        self, message: Message, tracker: DialogueStateTracker, found: Mapping[Text, Text]
    ) -> None:
        """Takes answers in; ends the check where a sign decides or nothing is left to ask."""
        answers = {step: tracker.get_slot(SLOT + step) for step in self._check.steps}
        answers.update(found)
        by = type(self).__name__
        sign = self._deciding_sign(message, answers)
        if sign is not None:
            # The slots stay open: the form then gives way to the rule that ends it.
            self._note(message, found)
            self._clear_question(message)
            escalate(message, sign.level, sign.level, sign.id, by)
            remember(message, sign.id, sign.level)
            set_slot_carrier(message, OUTCOME, self._check.outcome(answers).id, by)
            return
        self._turn(message, "check_answer")
        self._note(message, found, fill=True)
        if all(answers.values()):
            outcome = self._check.outcome(answers)
            told = (message.get(SCREENING) or {}).get("level", "none")
            set_slot_carrier(message, OUTCOME, outcome.id, by)
            level = max(outcome.level, told, key=LEVELS.index)
            set_slot_carrier(message, "escalation", level, by)

    def _deciding_sign(self, message: Message, answers: Mapping[Text, Text | None]) -> Sign | None:
        """The sign that ends the check: that of a row which fits already or, when all is answered,
        an urgent one that was told in free words before."""
        decided = self._check.decided(answers)
        if decided is not None:
            return self._check.signs[decided.sign]
        screening = message.get(SCREENING) or {}
        if all(answers.values()) and screening.get("level") in ("urgent", "emergency"):
            return self._check.signs[screening["signs"][0]]
        return None

    # --- outside the check

    def _told(self, message: Message, tracker: DialogueStateTracker) -> dict[Text, Text | None]:
        """What a message answers already; what was told of somebody else before is dropped."""
        found = message.get(TELLS) or {}
        if found.get("person") in (None, tracker.get_slot(SLOT + "person")):
            return found
        of_another = [name for name, step in self._check.steps.items() if step.told_before]
        known = {name: None for name in of_another if tracker.get_slot(SLOT + name) is not None}
        return {**known, **found}

    def _start(self, message: Message, tracker: DialogueStateTracker) -> None:
        by = type(self).__name__
        self._turn(message, "self_check")
        again = tracker.get_slot(OUTCOME) is not None
        known = {} if again else self._known(tracker)
        if again:
            self._note(message, dict.fromkeys(self._check.steps), fill=True)
            set_slot_carrier(message, OUTCOME, None, by)
        listed = "; ".join(known.values())
        told = self._check.told_before.format(answers=listed) if listed else ""
        set_slot_carrier(message, TOLD_BEFORE, told, by)
        set_slot_carrier(message, NOTED, "", by)

    def _known(self, tracker: DialogueStateTracker) -> dict[Text, Text]:
        """Titles of what is known already, by step."""
        options = {
            name: step.option(tracker.get_slot(SLOT + name))
            for name, step in self._check.steps.items()
            if step.told_before
        }
        return {name: option.title for name, option in options.items() if option}

    def _open(self, message: Message, tracker: DialogueStateTracker) -> None:
        """The opening stands at the beginning, once; later greetings get the short reply."""
        begun = any(isinstance(event, UserUttered) for event in tracker.events)
        self._turn(message, "greeting_again" if begun else "opening")

    @staticmethod
    def _feedback(message: Message, text: Text, tracker: DialogueStateTracker) -> bool:
        """Takes feedback on an answer that this conversation was shown."""
        try:
            given = json.loads(text.removeprefix(FEEDBACK))
        except ValueError:
            return False
        shown = {
            answer
            for event in tracker.events
            if isinstance(event, BotUttered)
            for answer in event.metadata.get("answers") or ()
        }
        if not isinstance(given, dict) or given.get("answer") not in shown:
            return False
        if given.get("helpful") not in ("yes", "no"):
            return False
        SelfCheckReader._turn(message, "feedback")
        kept = {part: given[part] for part in FEEDBACK_PARTS if isinstance(given.get(part), str)}
        message.set("feedback", kept, add_to_output=True)
        return True

    @staticmethod
    def _screen_reason(message: Message) -> None:
        """Words in the place of a reason are screened like any other."""
        screening = screen((message.get("feedback") or {}).get("reason", "")).cautious()
        if screening.level in ("urgent", "emergency"):
            by = SelfCheckReader.__name__
            escalate(message, screening.level, screening.level, screening.sign, by)

    # --- what is set

    @staticmethod
    def _turn(message: Message, intent: Text) -> None:
        """Makes ``intent`` the meaning of the message: it is no question about a topic."""
        by = SelfCheckReader.__name__
        set_intent(message, intent)
        set_slot_carrier(message, "status", STATUS_OF.get(intent, OTHER_STATUS), by)
        SelfCheckReader._clear_question(message)

    @staticmethod
    def _clear_question(message: Message) -> None:
        """What the classifier made of it as a question is nothing."""
        by = SelfCheckReader.__name__
        set_slot_carrier(message, "topic", None, by)
        set_slot_carrier(message, "aspect", None, by)
        message.set(QUESTION, {}, add_to_output=True)

    @staticmethod
    def _note(message: Message, answers: Mapping[Text, Text | None], fill: bool = False) -> None:
        """Keeps answers with the message and, with ``fill``, puts them into their slots.

        None takes an answer back.
        """
        if not answers:
            return
        message.set(ANSWERS, dict(answers), add_to_output=True)
        if fill:
            for step, value in answers.items():
                set_slot_carrier(message, SLOT + step, value, SelfCheckReader.__name__)
