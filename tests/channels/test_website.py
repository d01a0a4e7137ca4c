"""The website channel over a real socket; an echo stands where Rasa would answer."""

from __future__ import annotations

import asyncio
import os
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest
import socketio
from rasa.core.channels.channel import UserMessage, register
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import FailSafeTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Sanic

from myoguide import launch
from myoguide.channels.conversation_ids import ConversationIds, RefusedToken, load_secret
from myoguide.channels.forget import forget_conversation
from myoguide.channels.rate import Rate, RateLimiter
from myoguide.channels.transcript import reply, transcript
from myoguide.channels.website import Settings, WebsiteInput
from myoguide.channels.website_page import blocks, render
from myoguide.knowledge import load_pack
from myoguide.store import ConversationStore

SECRET = "a secret for tests that is long enough"
PACK = load_pack("data")
GENEROUS = Rate(burst=1000, per_minute=1000)
OPTIONS = {"per_connection": GENEROUS, "opening": ""}


def new_store() -> ConversationStore:
    """An empty one, on SQLite."""
    url = f"sqlite:///{tempfile.mkdtemp(prefix='myoguide-test-')}/kept.db"
    return ConversationStore(Domain.empty(), url, background=False)


class Echo:
    """Answers "text" with "You: text", as Rasa does it: under the lock, kept in the tracker."""

    def __init__(self) -> None:
        self.tracker_store: TrackerStore = new_store()
        self.lock_store = InMemoryLockStore()
        self.hold = asyncio.Event()
        self.hold.set()
        self.seen: list[UserMessage] = []

    async def handle_message(self, message: UserMessage) -> None:
        async with self.lock_store.lock(message.sender_id, wait_time_in_seconds=0.01):
            self.seen.append(message)
            if message.text == "break":
                raise RuntimeError(f"secret health text: {message.text}")
            await self.hold.wait()
            tracker = await self.tracker_store.get_or_create_tracker(message.sender_id)
            tracker.update(UserUttered(message.text, message_id=message.message_id))
            if message.text != "silence":
                bot = BotUttered(f"You: {message.text}\n\nSecond part", data={"buttons": []})
                tracker.update(bot)
                await message.output_channel.send_response(message.sender_id, bot.message())
            await self.tracker_store.save(tracker)


class Browser:
    """One connection, with what it got."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.got: list[dict[str, Any]] = []
        self.elsewhere: list[dict[str, Any]] = []
        self.client.on("bot_uttered", self.got.append)
        self.client.on("said_elsewhere", self.elsewhere.append)

    async def call(self, event: str, data: Any = None) -> dict[str, Any]:
        return await self.client.call(event, data, timeout=10)

    async def say(self, text: str, turn: str = "turn-0001") -> dict[str, Any]:
        return await self.call("user_uttered", {"id": turn, "message": text})


class House:
    """A served channel."""

    def __init__(self, agent: Echo, address: str) -> None:
        self.agent = agent
        self.address = address
        self._browsers: list[Browser] = []

    async def browser(self, origin: str | None = None) -> Browser:
        browser = Browser()
        self._browsers.append(browser)
        headers = {"Origin": origin} if origin else {}
        await browser.client.connect(self.address, headers=headers)
        return browser

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.client.disconnect()


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[House]:
    channel = WebsiteInput(Settings(**{**OPTIONS, **settings}), ConversationIds(SECRET), PACK)
    app = Sanic(f"test_{time.time_ns()}", configure_logging=False)
    app.config.TOUCHUP = False  # it cannot prepare a second app in one process
    app.ctx.agent = agent = Echo()
    register([channel], app, route="/webhooks/")
    port = launch.free_port()
    server = await app.create_server("127.0.0.1", port, return_asyncio_server=True)
    assert server is not None
    await server.startup()
    house = House(agent, f"http://127.0.0.1:{port}")
    try:
        yield house
    finally:
        await house.close()
        server.close()
        await server.wait_closed()


def play(scene: Callable[[House], Awaitable[None]], **settings: Any) -> None:
    """Runs one scene against a served channel."""

    async def run() -> None:
        async with serving(**settings) as house:
            await asyncio.wait_for(scene(house), 30)

    asyncio.run(run())


# --- conversations


def test_one_reply_is_one_message_with_its_blank_lines() -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        await browser.call("session_request", {})
        assert await browser.say("hello") == {"id": "turn-0001"}
        assert [m["text"] for m in browser.got] == ["You: hello\n\nSecond part"]
        assert browser.got[0]["id"] == "turn-0001.1"

    play(scene)


def test_two_people_do_not_see_each_other() -> None:
    async def scene(house: House) -> None:
        one, other = await house.browser(), await house.browser()
        tokens = [(await b.call("session_request", {}))["session_id"] for b in (one, other)]
        assert tokens[0] != tokens[1]
        await one.say("for my eyes")
        assert one.got and not other.got
        again = await other.call("session_request", {"session_id": tokens[1]})
        assert again["messages"] == []

    play(scene)


@pytest.mark.parametrize(
    "token",
    [
        "guessed",
        "",
        0,
        ["x"],
        {"sub": "x"},
        jwt.encode({"sub": "x", "aud": "website-chat", "exp": 4e9}, "another secret" * 3),
        jwt.encode({"sub": "x", "aud": "website-chat", "exp": 4e9}, None, algorithm="none"),
        jwt.encode({"sub": "x", "aud": "elsewhere", "exp": 4e9}, SECRET),
        jwt.encode({"sub": "x", "aud": "website-chat", "exp": 1}, SECRET),
        jwt.encode({"sub": "x", "aud": "website-chat"}, SECRET),
    ],
)
def test_a_guessed_or_forged_id_is_refused(token: Any) -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        answer = await browser.call("session_request", {"session_id": token})
        assert answer == {"error": "unknown_conversation"}
        assert await browser.say("hello") == {"error": "no_conversation"}
        assert house.agent.seen == []

    play(scene)


def test_the_id_that_rasa_sees_is_not_the_token_and_cannot_be_used_as_one() -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        token = (await browser.call("session_request", {}))["session_id"]
        await browser.say("hello")
        conversation = house.agent.seen[0].sender_id
        assert conversation != token
        thief = await house.browser()
        answer = await thief.call("session_request", {"session_id": conversation})
        assert answer == {"error": "unknown_conversation"}

    play(scene)


def test_who_comes_back_gets_what_was_said_under_the_same_ids() -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        token = (await browser.call("session_request", {}))["session_id"]
        await browser.say("hello")
        await browser.client.disconnect()
        again = await (await house.browser()).call("session_request", {"session_id": token})
        said = [(m["id"], m["from"], m["text"]) for m in again["messages"]]
        assert said == [
            ("turn-0001", "you", "hello"),
            ("turn-0001.1", "myoguide", "You: hello\n\nSecond part"),
        ]

    play(scene)


def test_a_reply_made_while_nobody_was_connected_is_in_what_is_told_on_return() -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        token = (await browser.call("session_request", {}))["session_id"]
        house.agent.hold.clear()
        await browser.client.emit("user_uttered", {"id": "turn-0001", "message": "hello"})
        while not house.agent.seen:
            await asyncio.sleep(0)
        await browser.client.disconnect()
        later = await house.browser()
        taking_up = asyncio.create_task(later.call("session_request", {"session_id": token}))
        house.agent.hold.set()
        messages = (await taking_up)["messages"]
        assert [m["id"] for m in messages] == ["turn-0001", "turn-0001.1"]

    play(scene)


def test_the_same_message_twice_at_once_is_answered_once() -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        await browser.call("session_request", {})
        house.agent.hold.clear()
        first = asyncio.create_task(browser.say("hello"))
        while not house.agent.seen:
            await asyncio.sleep(0)
        assert await browser.say("hello") == {"id": "turn-0001"}
        house.agent.hold.set()
        await first
        assert len(browser.got) == 1

    play(scene)


def test_another_tab_sees_question_and_answer() -> None:
    async def scene(house: House) -> None:
        one, other = await house.browser(), await house.browser()
        token = (await one.call("session_request", {}))["session_id"]
        await other.call("session_request", {"session_id": token})
        await one.say("hello")
        assert [m["text"] for m in other.elsewhere] == ["hello"]
        assert other.got == one.got
        assert one.elsewhere == []

    play(scene)


def test_a_new_conversation_is_opened_by_the_channel_and_the_opening_is_not_shown() -> None:
    async def scene(house: House) -> None:
        answer = await (await house.browser()).call("session_request", {})
        assert [m["from"] for m in answer["messages"]] == ["myoguide"]

    play(scene, opening="hello")


def test_a_deleted_conversation_is_gone() -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        token = (await browser.call("session_request", {}))["session_id"]
        await browser.say("hello")
        assert await browser.call("forget", {}) == {}
        assert await browser.say("hello", "turn-0002") == {"error": "no_conversation"}
        again = await browser.call("session_request", {"session_id": token})
        assert again["messages"] == []
        assert list(await house.agent.tracker_store.keys()) == []

    play(scene)


def test_the_country_reaches_rasa_only_as_a_country_code() -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        await browser.call("session_request", {})
        for number, country in enumerate(["GB", "gb; drop", 7, None]):
            data = {"id": f"turn-000{number}", "message": "hi", "country": country}
            await browser.call("user_uttered", data)
        assert [m.metadata for m in house.agent.seen] == [{"country": "GB"}, {}, {}, {}]

    play(scene)


def test_the_opening_knows_the_country_already() -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        await browser.call("session_request", {"country": "GB"})
        assert [m.metadata for m in house.agent.seen] == [{"country": "GB"}]

    play(scene, opening="hello")


# --- what is refused


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://clinic.example.evil"])
def test_another_site_may_not_connect(origin: str) -> None:
    async def scene(house: House) -> None:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await house.browser(origin=origin)

    play(scene, allowed_origins=("https://clinic.example",))


def test_this_site_and_those_on_the_list_may_connect() -> None:
    async def scene(house: House) -> None:
        for origin in (house.address, "https://clinic.example"):
            assert (await house.browser(origin=origin)).client.connected

    play(scene, allowed_origins=("https://clinic.example",))


MALFORMED = [
    None,
    "text",
    [],
    7,
    {},
    {"id": "turn-0001"},
    {"message": "hi"},
    {"id": 1, "message": "hi"},
    {"id": "../../etc", "message": "hi"},
    {"id": "turn-0001", "message": 5},
    {"id": "turn-0001", "message": ["hi"]},
    {"id": "turn-0001", "message": "   "},
    {"id": "x" * 65, "message": "hi"},
]


def test_a_malformed_message_is_answered_with_an_error_and_the_channel_goes_on() -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        await browser.call("session_request", {})
        for data in MALFORMED:
            assert await browser.call("user_uttered", data) == {"error": "malformed"}, data
        assert await browser.call("session_request", "x") == {"error": "malformed"}
        assert await browser.call("forget", 5) == {"error": "malformed"}
        assert await browser.call("no_such_event", {}) == {"error": "unknown_event"}
        assert await browser.say("still there") == {"id": "turn-0001"}

    play(scene)


def test_a_message_that_is_too_long_is_refused_whole() -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        await browser.call("session_request", {})
        assert await browser.say("x" * 21) == {"error": "too_long"}
        assert await browser.say("x" * 20) == {"id": "turn-0001"}

    play(scene, longest_message=20)


@pytest.mark.parametrize("text", ["break", "silence"])
def test_a_turn_that_fails_or_says_nothing_gets_the_safe_reply_and_the_chat_goes_on(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(house: House) -> None:
        browser = await house.browser()
        await browser.call("session_request", {})
        message = {"id": "turn-0001", "message": text, "country": "GB"}
        assert await browser.call("user_uttered", message) == {"id": "turn-0001"}
        (safe,) = browser.got
        assert safe["id"] == "turn-0001.1" and "call 999 now" in safe["text"]
        assert await browser.say("hello", "turn-0002") == {"id": "turn-0002"}

    with caplog.at_level("INFO"):
        play(scene)
    assert ("RuntimeError" in caplog.text) == (text == "break")
    assert "health" not in caplog.text


def test_one_connection_cannot_send_faster_than_its_rate() -> None:
    async def scene(house: House) -> None:
        browser, calm = await house.browser(), await house.browser()
        await browser.call("session_request", {})
        answers = [await browser.say("hi", f"turn-000{n}") for n in range(4)]
        assert answers[-1] == {"error": "too_fast"}
        assert len(house.agent.seen) == 2
        assert "session_id" in await calm.call("session_request", {})

    play(scene, per_connection=Rate(burst=3, per_minute=1))


def test_one_address_cannot_open_conversations_without_end() -> None:
    async def scene(house: House) -> None:
        answers = [await (await house.browser()).call("session_request", {}) for _ in range(3)]
        assert ["error" in answer for answer in answers] == [False, False, True]

    play(scene, new_per_address=Rate(burst=2, per_minute=1))


def test_the_rate_recovers_with_time() -> None:
    now = [0.0]
    limiter = RateLimiter(Rate(burst=2, per_minute=60), clock=lambda: now[0])
    assert [limiter.allows("a") for _ in range(3)] == [True, True, False]
    assert limiter.allows("b")
    now[0] = 1.0
    assert [limiter.allows("a") for _ in range(2)] == [True, False]


# --- settings and secret


@pytest.mark.parametrize("origin", ["*", "https://*.example", "clinic.example", "https://a/b"])
def test_an_origin_that_is_none_is_named_at_start(origin: str) -> None:
    with pytest.raises(ValueError, match="is not an origin"):
        Settings.read({"allowed_origins": [origin]})


def test_a_misspelt_setting_is_named_at_start() -> None:
    with pytest.raises(ValueError, match="no setting 'longest_mesage'"):
        Settings.read({"longest_mesage": 5})


def test_origins_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYOGUIDE_ALLOWED_ORIGINS", "https://a.example, https://b.example")
    assert Settings.read({}).allowed_origins == ("https://a.example", "https://b.example")


def test_the_secret_is_made_once_and_is_for_its_owner_only(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("MYOGUIDE_SECRET", raising=False)
    file = tmp_path / "var" / "secret"
    first = load_secret(file)
    assert len(first) >= 32 and load_secret(file) == first
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600


def test_a_secret_of_the_environment_wins_and_a_short_one_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MYOGUIDE_SECRET", "x" * 40)
    assert load_secret(tmp_path / "secret") == "x" * 40
    assert not (tmp_path / "secret").exists()
    monkeypatch.setenv("MYOGUIDE_SECRET", "short")
    with pytest.raises(ValueError, match="openssl rand"):
        load_secret(tmp_path / "secret")


def test_a_token_ends_with_its_days() -> None:
    ids = ConversationIds(SECRET, days=-1)
    with pytest.raises(RefusedToken):
        ids.read(ids.new())


# --- transcript, deletion, page


def test_an_answer_comes_without_its_source_line_but_with_its_references() -> None:
    answer = PACK.answers["sleep.cause"]
    line = PACK.source_line(answer)
    shown = reply({"text": f"{answer.text}\n\n{line}", "answers": ["sleep.cause"]}, PACK)
    assert shown["text"] == answer.text
    assert shown["source"]["line"] == line
    assert shown["source"]["references"] == PACK.references(answer)


def test_level_and_sign_of_an_escalation_are_told() -> None:
    metadata = {"level": "urgent", "sign": "x"}
    shown = reply({"text": "t", "metadata": metadata, "utter_action": "utter_urgent"}, PACK)
    assert (shown["level"], shown["sign"]) == ("urgent", "x")
    reminder = reply({"text": "t", "utter_action": "utter_emergency_reminder"}, PACK)
    assert reminder["level"] == "emergency"


def test_a_pressed_button_is_remembered_by_its_title_and_feedback_is_no_message() -> None:
    buttons = [{"title": "Why?", "payload": '/ask{"a":1}'}]
    events = [
        UserUttered("hi", message_id="m1"),
        BotUttered("hello", data={"buttons": buttons}),
        UserUttered('/ask{"a":1}', message_id="m2"),
        UserUttered('/feedback{"helpful":"yes"}', message_id="m3"),
        BotUttered("thanks"),
    ]
    shown = transcript(events, PACK)
    assert [m["text"] for m in shown] == ["hi", "hello", "Why?", "thanks"]
    assert [m["id"] for m in shown] == ["m1", "m1.1", "m2", "m3.1"]


def test_deleting_one_conversation_leaves_the_others() -> None:
    async def run() -> None:
        store = FailSafeTrackerStore(new_store())
        for name in ("mine", "yours"):
            tracker = DialogueStateTracker.from_events(name, [UserUttered("hi")])
            await store.save(tracker)
        await forget_conversation(store, "mine")
        assert await store.retrieve("mine") is None
        assert await store.retrieve("yours") is not None

    asyncio.run(run())


def test_the_page_shows_answers_of_the_pack_and_escapes_them() -> None:
    page = render(PACK)
    assert PACK.answers["sleep.cause"].label in page
    assert 'integrity="sha384-' in page
    assert "<script>" not in page and " style=" not in page


def test_a_text_becomes_paragraphs_and_lists() -> None:
    assert blocks("a\n\n- b\n- c\nd") == [("p", ["a"]), ("ul", ["b", "c"]), ("p", ["d"])]
