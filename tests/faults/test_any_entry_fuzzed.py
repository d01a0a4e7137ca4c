"""Whatever strangers send to whatever entry: no 500, no trace shown, no growth of memory."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import re
import socket
import string
from urllib.parse import quote

import aiohttp
import pytest
import socketio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers import TOKEN, Person, Server

LEAKS = re.compile(r"Traceback|File \"|\.py\b|site-packages|sqlalchemy|3\.6\.21|Sanic/|canary")
CANARY = "canary"
TIMEOUT = 60  # seconds
# Of each test; MYOGUIDE_FUZZ sets more, for a longer search than CI has time for.
EXAMPLES = int(os.environ.get("MYOGUIDE_FUZZ", "300"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PATHS = (
    "/",
    "/chat",
    "/chat/",
    "/chat/myoguide-chat.js",
    "/socket.io/",
    "/webhooks/rest/",
    "/webhooks/rest/webhook",
    "/webhooks/telegram/webhook",
    "/webhooks/whatsapp/webhook",
    "/webhooks/messenger/webhook",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/version",
    "/status",
    "/domain",
    "/model",
    "/model/parse",
    "/model/predict",
    "/model/train",
    "/model/test/stories",
    "/model/test/intents",
    "/conversations/x/tracker",
    "/conversations/x/tracker/events",
    "/conversations/x/story",
    "/conversations/x/execute",
    "/conversations/x/predict",
    "/conversations/x/trigger_intent",
    "/conversations/x/messages",
)
# Of Rasa's HTTP API: what would train or test a model for minutes is left out.
WITH_TOKEN = tuple(
    (method, path)
    for path in PATHS
    if path.startswith(("/model/p", "/conversations"))
    for method in ("GET", "POST", "PUT")
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
# Like a message of the REST channel, with each part right or anything.
near_messages = st.fixed_dictionaries(
    {},
    optional={
        "sender": st.just("fuzz") | json_values,
        "message": st.text(max_size=200) | json_values,
        "metadata": st.just({"country": "GB"}) | st.just({"country": []}) | json_values,
        "input_channel": json_values,
        "id": st.text(string.ascii_letters, min_size=8, max_size=12) | json_values,
        "stream": json_values,
    },
)
bodies = (
    st.binary(max_size=300)
    | (near_messages | json_values).map(lambda value: json.dumps(value).encode())
    | near_messages.map(
        lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    )
)
paths = st.sampled_from(PATHS) | st.text(max_size=40).map(
    lambda text: "/" + quote(text, safe="/.%")
)
queries = st.just("") | st.dictionaries(
    st.sampled_from(["token", "stream", "EIO", "transport", "sid", "hub.mode", "x"]),
    st.sampled_from(["true", "4", "polling", "websocket", "%ff", "%00", "x" * 300, ""]),
    max_size=4,
).map(lambda pairs: "?" + "&".join(f"{name}={value}" for name, value in pairs.items()))
headers = st.dictionaries(
    st.sampled_from(
        ["Content-Type", "Accept", "Origin", "X-Forwarded-For", "Cookie", "Range", "Authorization"]
    ),
    st.sampled_from(
        [
            "application/json",
            "text/html",
            "multipart/form-data; boundary=",
            "*/*",
            "https://evil",
            "1.2.3.4, x",
            "bytes=9-1",
            "Bearer x.y.z",
            "a=b; c",
            "\xff",
        ]
    ),
    max_size=3,
)


@pytest.fixture
def server(shared) -> Server:
    return shared.servers[1]


@pytest.fixture(autouse=True)
def still_well(server):
    """After each test the server serves as before, and its log holds no text."""
    yield
    assert Person().say(server, "why do i twitch falling asleep")
    assert CANARY not in server.log.read_text(errors="replace")


def ask(server, method, path, body=None, headers=None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        told = "\n".join(f"{name}: {value}" for name, value in reply.getheaders())
        return reply.status, told + "\n" + reply.read().decode("utf-8", "replace")


@FUZZ
@given(st.sampled_from(METHODS), paths, queries, headers, bodies)
def test_no_request_breaks_the_server_or_tells_its_insides(
    server, method, path, query, headers, body
):
    status, said = ask(server, method, path + query, body, headers)
    assert status < 500 or status == 503 and "Retry-After" in said, (status, said)
    if not path.startswith("/chat") and path != "/":  # the page's own scripts may hold anything
        assert not LEAKS.search(said), said


@FUZZ
@given(bodies)
def test_no_body_breaks_the_rest_channel(server, body):
    status, said = ask(server, "POST", "/webhooks/rest/webhook", body)
    assert status in (200, 400, 413), (status, said)
    assert not LEAKS.search(said), said


@settings(FUZZ, max_examples=EXAMPLES)
@given(st.sampled_from(WITH_TOKEN), bodies)
def test_the_api_shows_no_trace_even_to_whoever_has_the_token(server, call, body):
    method, path = call
    _, said = ask(server, method, f"{path}?token={TOKEN}", body)
    assert "Traceback" not in said and "site-packages" not in said


@settings(FUZZ, max_examples=EXAMPLES // 3)
@given(
    st.binary(max_size=400)
    | st.sampled_from(
        [
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
            b"POST /webhooks/rest/webhook HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST /webhooks/rest/webhook HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            b"POST /webhooks/rest/webhook HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        ]
    )
)
def test_what_is_no_http_tells_nothing(server, sent):
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        said = b""
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65_536):
                said += part
    assert not LEAKS.search(said.decode("utf-8", "replace"))
    assert not said.startswith(b"HTTP/1.1 500")


event_names = st.sampled_from(["session_request", "user_uttered", "forget", "message", "x"])
event_data = (
    json_values
    | st.binary(max_size=50)
    | st.fixed_dictionaries(
        {},
        optional={
            "session_id": json_values,
            "id": st.text(string.ascii_letters, min_size=8, max_size=12) | json_values,
            "message": st.text(max_size=200) | json_values,
            "country": json_values,
            "title": json_values,
        },
    )
)


@settings(FUZZ, max_examples=EXAMPLES // 4)
@given(st.lists(st.tuples(event_names, event_data), min_size=1, max_size=6))
def test_every_event_on_a_socket_is_acknowledged(server, events):
    async def talk() -> list[object]:
        client = socketio.AsyncClient(reconnection=False)
        await client.connect(server.address, transports=["websocket"])
        try:
            return [await client.call(name, data, timeout=TIMEOUT) for name, data in events]
        finally:
            await client.disconnect()

    for answer in asyncio.run(talk()):
        assert isinstance(answer, dict)
        assert not LEAKS.search(json.dumps(answer.get("error", "")))


frames = (
    st.text(max_size=60)
    | st.binary(max_size=60)
    | st.sampled_from(
        [
            "4",
            "40",
            "42",
            "42[",
            "42[]",
            '42["user_uttered"]',
            '420["x",{"a":1}]',
            "43",
            "451-[]",
            '451-["x",{"_placeholder":true,"num":0}]',
            '451-["x",{"_placeholder":true,"num":9}]',
            "40/other,",
            "41",
            "2",
            "3",
            "5",
            "6",
            "9",
            "",
            "4" + "[" * 5000,
        ]
    )
)


@settings(FUZZ, max_examples=EXAMPLES // 4)
@given(st.lists(frames, min_size=1, max_size=6))
def test_broken_frames_harm_nobody_else(server, sent):
    async def send() -> None:
        address = f"{server.address}/socket.io/?EIO=4&transport=websocket"
        async with aiohttp.ClientSession() as session, session.ws_connect(address) as opened:
            await opened.receive(timeout=TIMEOUT)
            await opened.send_str("40")
            with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                for frame in sent:
                    if isinstance(frame, bytes):
                        await opened.send_bytes(frame)
                    else:
                        await opened.send_str(frame)

    asyncio.run(send())
