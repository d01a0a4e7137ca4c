"""The REST channel and the limits on every request, over real HTTP; an echo stands for Rasa."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from rasa import server
from rasa.core.channels.channel import UserMessage, register
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.run import _create_app_without_api
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from sanic import Sanic
from yarl import URL

from myoguide import launch
from myoguide.channels import gate
from myoguide.channels.rate import Rate
from myoguide.channels.rest import RestInput, Settings

WEBHOOK = "/webhooks/rest/webhook"
PROXY = {"X-Forwarded-For": "203.0.113.7"}


class Echo:
    """Answers "text" with "You: text", and counts its turns; keeps them as Rasa does."""

    def __init__(self) -> None:
        self.tracker_store = InMemoryTrackerStore(Domain.empty())
        self.lock_store = InMemoryLockStore()
        self.processor = Turn(self)
        self.turns = 0
        self.ready = True
        self.seen: list[UserMessage] = []

    def is_ready(self) -> bool:
        return self.ready

    async def handle_message(self, message: UserMessage) -> None:
        async with self.lock_store.lock(message.sender_id):
            await self.processor.handle_message(message)


class Turn:
    """Rasa's processor: one turn, the lock being held."""

    def __init__(self, echo: Echo) -> None:
        self._echo = echo

    async def handle_message(self, message: UserMessage) -> None:
        echo = self._echo
        echo.turns += 1
        echo.seen.append(message)
        if message.text == "break":
            raise RuntimeError(f"secret health text: {message.text}")
        if message.text == "silence":
            return
        tracker = await echo.tracker_store.get_or_create_tracker(message.sender_id)
        tracker.update(UserUttered(message.text, message_id=message.message_id))
        bot = BotUttered(f"You: {message.text}\n\nturn {echo.turns}")
        tracker.update(bot)
        await message.output_channel.send_response(message.sender_id, bot.message())
        await echo.tracker_store.save(tracker)


class House:
    """A served channel and a client."""

    def __init__(self, agent: Echo, address: str, client: aiohttp.ClientSession) -> None:
        self.agent, self.address, self.client = agent, address, client

    async def post(self, body: Any, **headers: str) -> tuple[int, Any]:
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        async with self.client.post(self.address + WEBHOOK, data=data, headers=headers) as reply:
            return reply.status, await reply.json(content_type=None)

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.client.get(self.address + path, headers=headers) as reply:
            return reply.status, await reply.text()


@asynccontextmanager
async def serving(
    api: bool = False, proxies: int = 0, token: str | None = None, **settings: Any
) -> AsyncIterator[House]:
    if api:
        token = token or os.environ.get(gate.TOKEN_VARIABLE)
        app = server.create_app(cors_origins=[], auth_token=token)
    else:
        app = _create_app_without_api([])
    app.name = f"rest_{time.time_ns()}"
    app.config.TOUCHUP = False  # it cannot prepare a second app in one process
    app.config.PROXIES_COUNT = proxies or None
    app.ctx.agent = agent = Echo()
    register([RestInput(Settings(**settings))], app, route="/webhooks/")

    @app.get("/webhooks/breaks")
    async def breaks(_: Any) -> None:
        raise ValueError("secret health text in /srv/place.py")

    port = launch.free_port()
    served = await app.create_server("127.0.0.1", port, return_asyncio_server=True)
    assert served is not None
    await served.startup()
    async with aiohttp.ClientSession() as client:
        try:
            yield House(agent, f"http://127.0.0.1:{port}", client)
        finally:
            served.close()
            await served.wait_closed()


def run(test: Callable[[House], Any], **options: Any) -> None:
    async def serve() -> None:
        async with serving(**options) as house:
            await test(house)

    Sanic._app_registry.clear()
    asyncio.run(serve())


def message(text: Any = "hello", **more: Any) -> dict[str, Any]:
    return {"sender": "me", "message": text, **more}


def test_replies_are_streamed_one_to_a_line_and_a_turn_that_fails_is_told_there_too():
    async def test(house: House) -> None:
        address = f"{house.address}{WEBHOOK}?stream=true"
        for text, begins in (("hello", "You: hello"), ("break", "If this could be an emergency")):
            async with house.client.post(address, json=message(text)) as reply:
                assert reply.headers["Content-Type"].startswith("text/event-stream")
                lines = (await reply.text()).splitlines()
                assert json.loads(lines[0])["text"].startswith(begins)

    run(test)


def test_a_message_is_answered_as_by_rasas_own_channel():
    async def test(house: House) -> None:
        status, said = await house.post(message(metadata={"country": "GB"}))
        assert status == 200
        assert [reply["text"] for reply in said] == ["You: hello", "turn 1"]
        assert house.agent.seen[0].metadata == {"country": "GB"}
        assert house.agent.seen[0].input_channel == "rest"

    run(test)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        b"\xff\xfe",
        {"sender": "me"},
        message(None),
        message(7),
        message(["a"]),
        message("a\0b"),
        '{"sender": "me", "message": "\\ud800"}',
        {"sender": {}, "message": "hello"},
        {"sender": "", "message": "hello"},
        {"sender": "x" * 256, "message": "hello"},
        message(metadata="text"),
        message(id="short"),
        message(id=["list"]),
        "[" * 20_000,
    ],
)
def test_what_is_no_message_is_refused_and_reaches_nobody(body):
    async def test(house: House) -> None:
        status, said = await house.post(body)
        assert status == 400
        assert set(said) == {"error"}
        assert house.agent.turns == 0

    run(test)


def test_a_message_that_is_too_long_is_refused_and_not_cut():
    async def test(house: House) -> None:
        assert await house.post(message("x" * 11)) == (413, {"error": "too_long"})
        assert (await house.post(message("x" * 10)))[0] == 200

    run(test, longest_message=10)


def test_a_request_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setenv(gate.SIZE_VARIABLE, "2000")

    async def test(house: House) -> None:
        status, said = await house.post(message("x" * 3000))
        assert status == 413 and "error" in said
        assert (await house.post(message()))[0] == 200

    run(test)


def test_two_people_without_a_sender_are_not_in_one_conversation():
    async def test(house: House) -> None:
        first, second = [(await house.post({"message": "hello"}))[1] for _ in range(2)]
        assert first[0]["recipient_id"] != second[0]["recipient_id"]

    run(test)


def test_a_message_sent_again_with_its_id_gets_the_same_replies_and_no_second_turn():
    async def test(house: House) -> None:
        once = await house.post(message(id="message-1"))
        await house.post(message("another", id="message-2"))
        again = await asyncio.gather(*(house.post(message(id="message-1")) for _ in range(5)))
        assert all(reply == once for reply in again)
        assert house.agent.turns == 2

    run(test)


def test_the_same_id_in_another_conversation_is_another_message():
    async def test(house: House) -> None:
        await house.post(message(id="message-1"))
        await house.post({**message(id="message-1"), "sender": "you"})
        assert house.agent.turns == 2

    run(test)


@pytest.mark.parametrize("text", ["break", "silence"])
def test_a_turn_that_fails_or_says_nothing_gets_the_safe_reply(text, caplog):
    async def test(house: House) -> None:
        status, said = await house.post(message(text, metadata={"country": "GB"}))
        assert status == 200
        assert "999" in said[0]["text"] and "emergency" in said[0]["text"]

    run(test)
    assert "secret" not in caplog.text


def test_without_a_model_the_channel_says_so_and_when_to_come_back():
    async def test(house: House) -> None:
        house.agent.ready = False
        body = json.dumps(message())
        async with house.client.post(house.address + WEBHOOK, data=body) as reply:
            assert reply.status == 503
            assert int(reply.headers["Retry-After"]) > 0

    run(test)


def test_one_sender_is_slowed_down_and_another_is_not():
    async def test(house: House) -> None:
        statuses = [(await house.post(message(), **PROXY))[0] for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        assert (await house.post({**message(), "sender": "you"}, **PROXY))[0] == 200

    run(test, proxies=1, per_sender=Rate(burst=3, per_minute=1))


def test_programs_on_this_machine_are_not_slowed_down():
    async def test(house: House) -> None:
        assert {(await house.post(message()))[0] for _ in range(6)} == {200}

    run(test, per_sender=Rate(burst=3, per_minute=1))


def test_one_address_is_slowed_down_on_every_path_and_another_is_not(monkeypatch):
    monkeypatch.setenv(gate.RATE_VARIABLE, "8")

    async def test(house: House) -> None:
        paths = ["/", "/nothing", "/webhooks/rest/", "/", "/"]
        statuses = [(await house.get(path, **PROXY))[0] for path in paths]
        assert statuses == [200, 404, 200, 200, 429]
        assert (await house.get("/", **{"X-Forwarded-For": "203.0.113.8"}))[0] == 200

    run(test, proxies=1)


def test_a_proxy_that_nobody_named_does_not_lift_the_limits(monkeypatch):
    monkeypatch.setenv(gate.RATE_VARIABLE, "4")

    async def test(house: House) -> None:
        forged = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(3)]
        statuses = [(await house.get("/", **headers))[0] for headers in forged]
        assert statuses == [200, 200, 429]

    run(test)


def test_a_wrong_setting_is_named(monkeypatch):
    monkeypatch.setenv(gate.RATE_VARIABLE, "many")
    with pytest.raises(ValueError, match="MYOGUIDE_REQUESTS_PER_MINUTE is 'many'"):
        run(lambda house: None)
    with pytest.raises(ValueError, match="no setting 'longest'"):
        Settings.read({"longest": 1})


API_PATHS = (
    "/version",
    "/status",
    "/domain",
    "/conversations/me/tracker",
    "/conversations/me/story",
)


@pytest.mark.parametrize("path", API_PATHS)
def test_the_api_does_not_exist_unless_it_is_turned_on(path):
    async def test(house: House) -> None:
        assert (await house.get(path))[0] == 404

    run(test)


@pytest.mark.parametrize("path", API_PATHS)
@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=t%00k", "?token=%ff"])
def test_the_api_is_closed_without_its_token(path, query, monkeypatch):
    monkeypatch.setenv(gate.TOKEN_VARIABLE, "right")

    async def test(house: House) -> None:
        status, said = await house.get(path + query)
        assert status == 401
        assert json.loads(said) == {"error": "not_authorised"}

    run(test, api=True)


def test_the_api_is_closed_where_rasa_would_leave_it_open(monkeypatch):
    monkeypatch.delenv(gate.TOKEN_VARIABLE, raising=False)

    async def test(house: House) -> None:
        for path in API_PATHS:
            assert (await house.get(path))[0] == 401

    run(test, api=True)


@pytest.mark.parametrize("written", ["/{}", "//{}", "/{}/", "/%{:x}{}"])
def test_no_other_way_to_write_a_path_opens_the_api(written, monkeypatch):
    """The server takes all these for one path, and so does whoever guards it."""
    monkeypatch.delenv(gate.TOKEN_VARIABLE, raising=False)

    async def test(house: House) -> None:
        for path in API_PATHS:
            name = path[1:]
            parts = (ord(name[0]), name[1:]) if "x" in written else (name,)
            address = URL(house.address + written.format(*parts), encoded=True)
            async with house.client.get(address) as reply:
                assert reply.status in (401, 404), address
        async with house.client.get(URL(house.address + "//", encoded=True)) as reply:
            assert "3.6" not in await reply.text()

    run(test, api=True)


@pytest.mark.parametrize("query", ["", "?token=wrong"])
def test_rasas_own_refusal_names_no_version(query, monkeypatch):
    monkeypatch.setattr("sys.argv", ["rasa", "run", "--auth-token", "right"])
    monkeypatch.delenv(gate.TOKEN_VARIABLE, raising=False)

    async def test(house: House) -> None:
        for path in API_PATHS:
            status, said = await house.get(path + query)
            assert (status, json.loads(said)) == (401, {"error": "not_authorised"})

    run(test, api=True, token="right")


def test_the_api_is_open_with_its_token(monkeypatch):
    monkeypatch.setenv(gate.TOKEN_VARIABLE, "right")

    async def test(house: House) -> None:
        assert (await house.get("/version?token=right"))[0] == 200

    run(test, api=True)


@pytest.mark.parametrize("path", ["/", "/nothing", "/webhooks/breaks", "/webhooks/rest/webhook"])
def test_no_answer_tells_a_version_a_path_or_what_went_wrong(path):
    async def test(house: House) -> None:
        status, said = await house.get(path)
        for word in ("3.6", "Sanic", "secret", "Traceback", ".py", "File"):
            assert word not in said
        assert status == (500 if path.endswith("breaks") else status)

    run(test)


def test_no_other_site_may_read_the_answers():
    async def test(house: House) -> None:
        headers = {"Origin": "https://evil.example"}
        async with house.client.get(house.address + "/", headers=headers) as reply:
            assert "Access-Control-Allow-Origin" not in reply.headers

    run(test)
