"""Rasa's tracker store: redacted before it is kept, short in hand, and never in the way of a reply.

A turn gets a condensed tracker: the slots, the self-check's form, and of the messages before only
what later ones read (`MOST_MESSAGES`). So the 200th message costs what the first did. All events
are kept besides, for the website's transcript and Rasa's HTTP API.

While the database is away, turns go on from this process's memory and are written when it is
back. A conversation that is not in memory then has an unknown past; see `HeldTracker`.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import hmac
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import is_not
from typing import Any, Optional, Text, TypeVar

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Event,
    LoopInterrupted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.exc import IntegrityError

from myoguide.channels.conversation_ids import load_secret
from myoguide.database import (
    STATEMENT_TIMEOUT,
    Away,
    Database,
    conversation_events,
    conversations,
    database,
    url_from_environment,
)
from myoguide.insights import not_understood
from myoguide.privacy import logs, retention
from myoguide.privacy.events import redacted, slot_value
from myoguide.safety.self_check import load_self_check

logger = logging.getLogger(__name__)

T = TypeVar("T")
# Messages of the person that the next turn can read; the safety screen reads as many.
MOST_MESSAGES = 30
# Older messages that answered a step of the self-check or showed a sign, for the summary: it has
# ten steps and quotes six messages.
MOST_OF_NOTE = 16
# Buttons of earlier replies that still work when they are pressed.
MOST_BUTTONS = 90
# Conversations in memory for the time that the database is away.
MOST_HELD = 2_000
BACKGROUND_INTERVAL = 2.0  # seconds
# A little more than the database itself allows a statement; seconds.
LONGEST_WORK = STATEMENT_TIMEOUT + 1.0
# What the screen, the resolver, the self-check and the summary read of an earlier message.
PARSED = ("intent", "text", "self_check", "feedback")
SCREENED = ("level", "signs", "new_signs", "raised", "retracted", "help_is_there", "concern")
CARRIED = ("topic", "aspect", "status")
FORGET = "forget"


# What every turn asks of the database; written once, since building them took as long as they do.
_ROW = sa.select(conversations).where(conversations.c.key == sa.bindparam("of"))
_STORED = _ROW.with_only_columns(conversations.c.stored).with_for_update()
_BEGIN = sa.insert(conversations)
_GO_ON = (
    sa.update(conversations)
    .where(conversations.c.key == sa.bindparam("of"))
    .values({name: sa.bindparam(name) for name in ("stored", "active", "state")})
)
_EVENTS = sa.insert(conversation_events)


class HeldTracker(DialogueStateTracker):
    """A condensed tracker, with what its store has to know to save it.

    ``handed``: events that were there when it was handed out. ``stored``: events in the database.
    ``past``: what the condensed events were made from. ``asides``: ids of events that are not
    applied. ``past_is_known`` is False where the
    database is away and this process has not seen the conversation before: then earlier messages
    cannot be taken into account, and `myoguide.nlu.memory_guard` says so.
    """

    handed = 0
    stored = 0
    past: Sequence[dict[Text, Any]] = ()
    past_is_known = True
    asides: frozenset[int] = frozenset()

    def applied_events(self) -> list[Event]:
        """Without the answers to a form, as Rasa leaves them out; the summary finds them still.

        Rasa and the readers of the pipeline ask a dozen times in a turn.
        """
        seen = (len(self.events), id(self.events[-1]) if self.events else 0, id(self.asides))
        if seen != self._applied[0]:
            applied = super().applied_events()
            self._applied = seen, [event for event in applied if id(event) not in self.asides]
        return list(self._applied[1])

    _applied: tuple[Any, list[Event]] = (None, [])

    def copy(self) -> DialogueStateTracker:
        """As it is now; Rasa would go through all events anew for each action."""
        same = object.__new__(DialogueStateTracker)
        vars(same).update(vars(self))
        same.slots = {name: copy.copy(slot) for name, slot in self.slots.items()}
        same.events = self.events.copy()
        same.active_loop = copy.copy(self.active_loop)
        return same

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: Optional[dict[Text, Any]] = None,
    ) -> list[State]:
        """The state before each action, and the present one.

        Rasa goes through all events anew for each prediction; here only through those that are
        new since the last one, in the way that rules ask for it.
        """
        if omit_unset_slots or ignore_rule_only_turns:
            return super().past_states(
                domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data
            )
        applied = self.applied_events()
        read, replayed, states = self._replayed or ([], self.init_copy(), [])
        if len(read) > len(applied) or any(map(is_not, read, applied)):
            read, replayed, states = [], self.init_copy(), []
        for event in applied[len(read) :]:
            if isinstance(event, ActionExecuted):
                states.append(domain.get_active_state(replayed))
            replayed.update(event)
        self._replayed = applied, replayed, states
        states_then = (*states, domain.get_active_state(replayed))
        # Copies: Rasa changes what it is given.
        return [{part: dict(of) for part, of in state.items()} for state in states_then]

    _replayed: Optional[tuple[list[Event], DialogueStateTracker, list[State]]] = None


@dataclass
class Held:
    """A conversation in memory: its state as JSON, and events that are not yet in the database."""

    state: Text
    stored: int
    past_is_known: bool = True
    pending: list[Text] = field(default_factory=list)
    active: float = field(default_factory=time.time)


class ConversationStore(TrackerStore):
    """Set in ``endpoints.yml``; the database is the one that MYOGUIDE_DATABASE_URL names."""

    def __init__(
        self,
        domain: Optional[Domain] = None,
        host: Optional[Text] = None,
        event_broker: Optional[EventBroker] = None,
        background: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker)
        # Every process that answers messages passes here.
        logs.keep_texts_out()
        self.database: Database = database(host or url_from_environment())
        self.retention = retention.from_environment()  # seconds
        self._secret = load_secret().encode()
        self._held: OrderedDict[Text, Held] = OrderedDict()
        self._to_delete: set[Text] = set()
        self._guard = threading.Lock()  # of what is in memory; never held while waiting
        self._writing = threading.Lock()  # so that no event is written twice
        # Never on the event loop: whoever waits for the database keeps nobody else waiting. SQLite
        # has one writer; a second thread would only poll for its lock.
        self._threads = ThreadPoolExecutor(1 if self.database.is_local else 8, "store")
        # Work that the database has taken and not answered; nobody else waits for it meanwhile.
        self._hanging: set[Future] = set()
        self._stopped = threading.Event()
        self._next_sweep = 0.0
        if background:
            threading.Thread(target=self._in_background, name="store", daemon=True).start()

    # --- what Rasa asks for

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """The condensed tracker of the running session; None if there is none."""
        key = self.key_of(sender_id)
        try:
            row = await self._do(self._read, key)
        except Away:
            if key in self._to_delete:
                return None
            held = self._held.get(key) or Held(_empty_state(), -1, past_is_known=False)
            return self._tracker(sender_id, held)
        if row is None:
            self._drop(key)
            return None
        return self._tracker(sender_id, Held(row.state, row.stored))

    async def retrieve_full_tracker(self, conversation_id: Text) -> Optional[DialogueStateTracker]:
        """All events that are kept; None if there are none or the database is away."""
        key = self.key_of(conversation_id)
        try:
            await self._do(self._read, key)
            events = await self._do(self.database.run, lambda c: _events(c, key))
        except Away:
            return None
        if not events:
            return None
        return DialogueStateTracker.from_dict(conversation_id, events, self.domain.slots)

    async def exists(self, conversation_id: Text) -> bool:
        return await self.retrieve(conversation_id) is not None

    async def keys(self) -> Iterable[Text]:
        """Keys of all conversations; nobody can tell the ids from them."""
        try:
            chosen = sa.select(conversations.c.key)
            rows = await self._do(self.database.run, lambda c: c.execute(chosen).all())
        except Away:
            return []
        return [row.key for row in rows]

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps what is new in the tracker. Never raises: the reply has been given already."""
        handed, stored, past, known = _handed(tracker)
        events = list(tracker.events)[handed:]
        new = [redacted(event.as_dict()) for event in events]
        if not new:
            return
        if self.event_broker is not None:
            for event in new:
                self.event_broker.publish({"sender_id": tracker.sender_id, **event})
        key = self.key_of(tracker.sender_id)
        if _asks_to_forget(new):
            await self.delete(tracker.sender_id, later=True)
            return
        await self._keep_not_understood(key, new)
        past = condense(past_after(past, new, _not_applied(tracker, events)))
        state = json.dumps(_state(tracker, past))
        held = self._hold(key, state, stored, known, [json.dumps(event) for event in new])
        try:
            await self._do(self._write, key)
        except Away:
            logger.warning("a turn is kept in memory until the database is back")
        if isinstance(tracker, HeldTracker):
            tracker.handed, tracker.stored, tracker.past = len(tracker.events), held.stored, past

    async def _keep_not_understood(self, key: Text, events: Sequence[dict[Text, Any]]) -> None:
        """For the editor, where the site has opted in; without the database it is lost."""
        texts = not_understood.texts_in(events) if not_understood.is_wanted() else []
        if texts:
            with suppress(Away):
                await self._do(self.database.run, lambda c: not_understood.keep(c, key, texts))

    # --- beyond what Rasa asks for

    async def delete(self, sender_id: Text, later: bool = False) -> None:
        """Deletes all that is kept of a conversation.

        Raises `Away` if the database is; with ``later`` it is deleted as soon as it is back.
        """
        key = self.key_of(sender_id)
        self._drop(key)
        load_self_check().forget()
        try:
            await self._do(self._delete, key)
        except Away:
            if not later:
                raise
            self._to_delete.add(key)

    def key_of(self, sender_id: Text) -> Text:
        """What a conversation is kept under: a telephone number or a platform's id is not kept."""
        return hmac.new(self._secret, sender_id.encode(), hashlib.sha256).hexdigest()[:40]

    def sweep(self) -> int:
        """Deletes conversations that were idle for longer than the retention; returns how many."""
        oldest = time.time() - self.retention
        load_self_check().forget()
        with self._guard:
            for key in [key for key, held in self._held.items() if held.active < oldest]:
                del self._held[key]
        deleted = self.database.run(lambda c: _delete_idle(c, oldest))
        if deleted:
            self._overwrite_deleted()
        return deleted

    def close(self) -> None:
        """Ends the background work after one last attempt to write what is pending."""
        self._stopped.set()
        self._catch_up()

    # --- in the background

    def _in_background(self) -> None:
        while not self._stopped.wait(BACKGROUND_INTERVAL):
            try:
                self._catch_up()
                if time.monotonic() >= self._next_sweep:
                    self.sweep()
                    self._next_sweep = time.monotonic() + retention.sweep_interval(self.retention)
            except Away:
                continue
            except Exception as error:
                logger.error("the store's background work failed (%s)", type(error).__name__)

    def _catch_up(self) -> None:
        """Writes and deletes what had to wait for the database."""
        with self._guard:
            waiting = [key for key, held in self._held.items() if held.pending]
        for key in waiting:
            self._write(key)
        for key in list(self._to_delete):
            self._delete(key)

    def _delete(self, key: Text) -> None:
        self.database.run(lambda c: _delete_rows(c, key))
        self._to_delete.discard(key)
        self._overwrite_deleted()

    def _overwrite_deleted(self) -> None:
        """What was deleted may still stand in SQLite's log of changes: it is emptied."""
        if not self.database.is_local:
            return
        try:
            with self.database.engine.connect() as connection:
                raw = connection.connection.cursor()
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                raw.close()
        except sa.exc.SQLAlchemyError as error:
            logger.warning("the deleted text stays in the log for now (%s)", type(error).__name__)

    # --- in memory

    def _hold(
        self, key: Text, state: Text, stored: int, past_is_known: bool, events: list[Text]
    ) -> Held:
        """Remembers a turn; the longest silent conversation goes, if it need not be written."""
        with self._guard:
            held = self._held.setdefault(key, Held(state, stored, past_is_known))
            if not held.pending:
                held.stored, held.past_is_known = stored, past_is_known
            held.state, held.active = state, time.time()
            held.pending.extend(events)
            self._held.move_to_end(key)
            if len(self._held) > MOST_HELD:
                settled = next((k for k, h in self._held.items() if not h.pending), None)
                if settled is not None:
                    del self._held[settled]
        return held

    def _drop(self, key: Text) -> None:
        with self._guard:
            self._held.pop(key, None)

    def _tracker(self, sender_id: Text, held: Held) -> HeldTracker:
        state = json.loads(held.state)
        tracker = HeldTracker(sender_id, self.domain.slots)
        told = [_event(entry) for entry in state["past"]]
        for event in _condensed_events(state, told):
            tracker.update(event)
        tracker.asides = frozenset(
            id(event)
            for event, entry in zip(told, state["past"], strict=True)
            if entry.get("aside")
        )
        tracker.handed = len(tracker.events)
        tracker.stored, tracker.past = held.stored, state["past"]
        tracker.past_is_known = held.past_is_known
        return tracker

    # --- in the database

    async def _do(self, work: Callable[..., T], *arguments: Any) -> T:
        """What ``work`` returns; `Away` also where the database takes it and does not answer."""
        if self._hanging:
            raise Away("the database has not answered yet")
        began: list[float] = []

        def timed() -> T:
            began.append(time.monotonic())
            return work(*arguments)

        under_way = self._threads.submit(timed)
        answer = asyncio.wrap_future(under_way)
        while True:
            # What waits for a thread because many do is not what the database leaves unanswered.
            taken = time.monotonic() - began[0] if began else 0.0
            try:
                # What was begun may still succeed, and is left to: `_write_turn` finds it out.
                return await asyncio.wait_for(asyncio.shield(answer), LONGEST_WORK - taken)
            except asyncio.TimeoutError:
                if began and time.monotonic() - began[0] >= LONGEST_WORK:
                    self._hanging.add(under_way)
                    under_way.add_done_callback(self._hanging.discard)
                elif not (self._hanging and under_way.cancel()):
                    continue
                raise Away("the database does not answer") from None

    def _read(self, key: Text) -> Any:
        """The row of a conversation once all that was waiting for it is done."""
        if key in self._to_delete:
            self._delete(key)
        held = self._held.get(key)
        if held is not None and held.pending:
            self._write(key)
        return self.database.run(lambda c: c.execute(_ROW, {"of": key}).first())

    def _write(self, key: Text) -> None:
        """Brings the pending events of a conversation into the database."""
        with self._writing:
            held = self._held.get(key)
            if held is None:
                return
            with self._guard:
                turn = Held(held.state, held.stored, held.past_is_known, list(held.pending))
            if not turn.pending:
                return
            try:
                state, stored = self.database.run(lambda c: self._write_turn(c, key, turn))
            except IntegrityError:  # somebody else was first; now what they wrote is there
                state, stored = self.database.run(lambda c: self._write_turn(c, key, turn))
            with self._guard:
                del held.pending[: len(turn.pending)]
                if held.state != turn.state and state != turn.state:
                    stored = -1  # said meanwhile, without knowing what else was written
                elif held.state == turn.state:
                    held.state = state
                held.stored, held.past_is_known = stored, True

    def _write_turn(
        self, connection: sa.engine.Connection, key: Text, turn: Held
    ) -> tuple[Text, int]:
        """Appends the events and sets the state; returns the state and the number of events.

        Where somebody else has written since (a second server, or this one while the database
        came back), nothing is lost: the events are appended and the state is made anew from all.
        """
        pending = list(turn.pending)
        found = connection.execute(_STORED, {"of": key}).scalar()
        stored = found or 0
        if stored == turn.stored:
            self._append(connection, key, stored, pending, turn.state, found is None)
            return turn.state, stored + len(pending)
        if turn.stored >= 0:
            # An attempt whose success was not heard of, or the same tracker once more.
            there = _raw_events(connection, key, turn.stored)
            while pending and there and pending[0] == there[0]:
                del pending[0], there[0]
        self._append(connection, key, stored, pending, turn.state, found is None)
        state = self._state_anew(connection, key)
        changed = sa.update(conversations).where(conversations.c.key == key)
        connection.execute(changed.values(state=state))
        return state, stored + len(pending)

    @staticmethod
    def _append(
        connection: sa.engine.Connection,
        key: Text,
        stored: int,
        events: Sequence[Text],
        state: Text,
        is_new: bool,
    ) -> None:
        values = {"stored": stored + len(events), "active": time.time(), "state": state}
        if is_new:
            connection.execute(_BEGIN, {"key": key, **values})
        else:
            connection.execute(_GO_ON, {"of": key, **values})
        if events:
            rows = [
                {"key": key, "position": position, "data": data}
                for position, data in enumerate(events, start=stored)
            ]
            connection.execute(_EVENTS, rows)

    def _state_anew(self, connection: sa.engine.Connection, key: Text) -> Text:
        events = _events(connection, key)
        tracker = DialogueStateTracker.from_dict(key, events, self.domain.slots)
        asides = _not_applied(tracker, tracker.events)
        return json.dumps(_state(tracker, condense(past_after((), events, asides))))


# --- a conversation as the next turn needs it; pure functions


def condense(past: Sequence[dict[Text, Any]]) -> list[dict[Text, Any]]:
    """Of entries of the past, oldest first, those that later turns read, bounded in number."""
    persons = [i for i, entry in enumerate(past) if "said" in entry]
    if len(persons) <= MOST_MESSAGES:
        return list(past)
    recent = persons[-MOST_MESSAGES]
    of_note = [past[i] for i in persons[:-MOST_MESSAGES] if past[i].get("note")]
    buttons = _unique(
        (button for entry in past[:recent] for button in entry.get("buttons", ())),
        by=lambda button: button["payload"],
    )[-MOST_BUTTONS:]
    shown = _unique(name for entry in past[:recent] for name in entry.get("answers", ()))
    older = {"buttons": buttons, "answers": shown[-MOST_BUTTONS:], "time": past[0]["time"]}
    return [older, *of_note[-MOST_OF_NOTE:], *past[recent:]]


def _unique(items: Iterable[T], by: Callable[[T], Any] = lambda item: item) -> list[T]:
    """Each once, in the order in which they came last."""
    found: dict[Any, T] = {}
    for item in items:
        found.pop(by(item), None)
        found[by(item)] = item
    return list(found.values())


def past_after(
    past: Sequence[dict[Text, Any]],
    events: Sequence[dict[Text, Any]],
    asides: Sequence[bool] = (),
) -> list[dict[Text, Any]]:
    """The past with what was said in ``events``; a new session begins with none.

    ``asides``: which of the events are not applied (see `HeldTracker`).
    """
    entries = list(past)
    for event, aside in zip_longest(events, asides, fillvalue=False):
        kind = event.get("event")
        if kind in ("session_started", "restart"):
            entries = []
        elif kind == "user" and event.get("text"):
            entries.append(_of_person(event) | ({"aside": True} if aside else {}))
        elif kind == "bot":
            entry = _of_assistant(event)
            if entry["buttons"] or entry["answers"]:
                entries.append(entry)
    return entries


def _not_applied(tracker: DialogueStateTracker, events: Iterable[Event]) -> list[bool]:
    """Which of the events Rasa leaves out of what later turns look back on."""
    applied = {id(event) for event in tracker.applied_events()}
    return [id(event) not in applied for event in events]


def _of_person(event: dict[Text, Any]) -> dict[Text, Any]:
    parsed = event.get("parse_data") or {}
    kept = {name: parsed[name] for name in PARSED if parsed.get(name) is not None}
    screening = parsed.get("screening") or {}
    kept["screening"] = {name: screening[name] for name in SCREENED if name in screening}
    kept["entities"] = [
        {"entity": entity["entity"], "value": entity.get("value")}
        for entity in parsed.get("entities") or ()
        if entity.get("entity") in CARRIED
    ]
    entry = {
        "said": event["text"],
        "parsed": kept,
        "time": event.get("timestamp"),
        "id": event.get("message_id"),
        "channel": event.get("input_channel"),
    }
    if event.get("metadata", {}).get("country"):
        entry["country"] = event["metadata"]["country"]
    if parsed.get("self_check") or kept["screening"].get("signs"):
        entry["note"] = True
    return entry


def _of_assistant(event: dict[Text, Any]) -> dict[Text, Any]:
    buttons = [
        {"title": button.get("title", ""), "payload": button.get("payload") or button.get("title")}
        for button in (event.get("data") or {}).get("buttons") or ()
    ]
    answers = list((event.get("metadata") or {}).get("answers") or ())
    return {"buttons": buttons, "answers": answers, "time": event.get("timestamp")}


def _state(tracker: DialogueStateTracker, past: Sequence[dict[Text, Any]]) -> dict[Text, Any]:
    """All that the next turn needs, as it goes into JSON."""
    loop = tracker.active_loop
    return {
        "slots": {
            slot.name: slot_value(slot.name, slot.value)
            for slot in tracker.slots.values()
            if slot.value != slot.initial_value
        },
        "loop": [loop.name, loop.is_interrupted, loop.rejected] if loop else None,
        "paused": tracker.is_paused(),
        "past": past,
    }


def _empty_state() -> Text:
    return json.dumps({"slots": {}, "loop": None, "paused": False, "past": []})


def _condensed_events(state: dict[Text, Any], told: Sequence[Event]) -> list[Event]:
    """The events of a condensed tracker around what was ``told``; its last action is to listen."""
    past = state["past"]
    began = past[0]["time"] if past else time.time()
    # The moment of the latest message, so that nothing seems to come before what was said.
    now = past[-1]["time"] if past else began
    return [
        ActionExecuted("action_session_start", timestamp=began),
        SessionStarted(timestamp=began),
        *told,
        *(SlotSet(name, value, timestamp=now) for name, value in state["slots"].items()),
        *_loop_events(state["loop"], now),
        *([ConversationPaused(timestamp=now)] if state["paused"] else []),
    ]


def _loop_events(loop: Sequence[Any] | None, now: float) -> list[Event]:
    """The form that is under way, then the wait for the person."""
    listen = ActionExecuted("action_listen", timestamp=now)
    if loop is None:
        return [listen]
    name, is_interrupted, is_rejected = loop
    events: list[Event] = [
        ActionExecuted(name, timestamp=now),
        ActiveLoop(name, timestamp=now),
        listen,
    ]
    if is_rejected:
        events.append(ActionExecutionRejected(name, timestamp=now))
    if is_interrupted:
        events.append(LoopInterrupted(True, timestamp=now))
    return events


def _event(entry: dict[Text, Any]) -> Event:
    if "said" not in entry:
        return BotUttered(
            "",
            data={"buttons": entry["buttons"]} if entry["buttons"] else {},
            metadata={"answers": entry["answers"]} if entry["answers"] else {},
            timestamp=entry["time"],
        )
    parsed = entry["parsed"]
    metadata = {"country": entry["country"]} if "country" in entry else {}
    return UserUttered(
        entry["said"],
        intent=parsed.get("intent"),
        entities=parsed["entities"],
        parse_data=parsed,
        timestamp=entry["time"],
        input_channel=entry["channel"],
        message_id=entry["id"],
        metadata=metadata,
    )


def _handed(
    tracker: DialogueStateTracker,
) -> tuple[int, int, Sequence[dict[Text, Any]], bool]:
    """What the store gave: number of events, number in the database, past, whether it is known."""
    if isinstance(tracker, HeldTracker):
        return tracker.handed, tracker.stored, tracker.past, tracker.past_is_known
    return 0, 0, (), True


def _asks_to_forget(events: Iterable[dict[Text, Any]]) -> bool:
    intents = (
        ((event.get("parse_data") or {}).get("intent") or {}).get("name")
        for event in events
        if event.get("event") == "user"
    )
    return FORGET in intents


# --- rows


def _raw_events(connection: sa.engine.Connection, key: Text, since: int = 0) -> list[Text]:
    table = conversation_events
    chosen = sa.select(table.c.data).where(table.c.key == key, table.c.position >= since)
    return [row.data for row in connection.execute(chosen.order_by(table.c.position))]


def _events(connection: sa.engine.Connection, key: Text) -> list[dict[Text, Any]]:
    return [json.loads(data) for data in _raw_events(connection, key)]


def _delete_rows(connection: sa.engine.Connection, key: Text) -> None:
    for table in (conversation_events, conversations):
        connection.execute(sa.delete(table).where(table.c.key == key))
    not_understood.forget(connection, key)


def _delete_idle(connection: sa.engine.Connection, oldest: float) -> int:
    idle = sa.select(conversations.c.key).where(conversations.c.active < oldest)
    connection.execute(sa.delete(conversation_events).where(conversation_events.c.key.in_(idle)))
    not_understood.let_go(connection, idle)
    return connection.execute(
        sa.delete(conversations).where(conversations.c.active < oldest)
    ).rowcount
