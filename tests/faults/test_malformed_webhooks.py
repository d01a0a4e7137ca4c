"""Webhooks of the messengers with anything in the place of anything: no 500, nothing shown.

What a platform signs may be malformed too: its format changes, and its secret may be known.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Person, deployment
from test_any_entry_fuzzed import EXAMPLES, FUZZ, LEAKS, ask, json_values

from myoguide import launch

CHANNELS = Path(__file__).resolve().parents[1] / "channels"
sys.path.insert(0, str(CHANNELS))
from test_webhooks import webhook_of  # noqa: E402

SHOWN = yaml.safe_load((CHANNELS / "data" / "webhooks.yml").read_text(encoding="utf-8"))
SECRET, NUMBER = "a-secret-of-a-platform", "106540352242922"
ACCOUNTS = {
    "MYOGUIDE_MESSENGER_APP_SECRET": SECRET,
    "MYOGUIDE_MESSENGER_VERIFY_TOKEN": SECRET,
    "MYOGUIDE_MESSENGER_PAGE_TOKEN": SECRET,
    "MYOGUIDE_TELEGRAM_TOKEN": "1:" + SECRET,
    "MYOGUIDE_TELEGRAM_SECRET": SECRET,
    "MYOGUIDE_WHATSAPP_APP_SECRET": SECRET,
    "MYOGUIDE_WHATSAPP_VERIFY_TOKEN": SECRET,
    "MYOGUIDE_WHATSAPP_TOKEN": SECRET,
    "MYOGUIDE_WHATSAPP_PHONE_NUMBER_ID": NUMBER,
}
channels = st.sampled_from(sorted(SHOWN))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with all messengers on, whose platforms cannot be reached."""
    folder = tmp_path_factory.mktemp("webhooks")
    nowhere = f"http://127.0.0.1:{launch.free_port()}"
    addresses = {
        f"MYOGUIDE_{name}_ADDRESS": nowhere for name in ("MESSENGER", "TELEGRAM", "WHATSAPP")
    }
    kept = {
        "MYOGUIDE_DATABASE_URL": f"sqlite:///{folder}/kept.db",
        "MYOGUIDE_INBOX_URL": f"sqlite:///{folder}/inbox.db",
    }
    with deployment(folder, **ACCOUNTS, **addresses, **kept) as started:
        started.actions()
        yield started.server()


def sent(server, channel: str, body: bytes, secret: str = SECRET) -> tuple[int, str]:
    """Status and answer of a webhook that is signed as the platform signs."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": f"sha256={signature}",
        "X-Telegram-Bot-Api-Secret-Token": secret,
    }
    return ask(server, "POST", f"/webhooks/{channel}/webhook", body, headers)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """The path of every part of a JSON value."""
    found = [path]
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    else:
        parts = []
    for key, part in parts:
        found += places(part, (*path, key))
    return found


@st.composite
def changed(draw, channel: str) -> bytes:
    """A webhook that a platform may send, with up to three of its parts replaced or left out."""
    webhook = copy.deepcopy(webhook_of(channel, draw(st.sampled_from(SHOWN[channel]))))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(webhook)))
        if not path:
            continue
        inner = webhook
        for key in path[:-1]:
            inner = inner[key]
        if draw(st.booleans()):
            inner[path[-1]] = draw(json_values)
        elif isinstance(inner, dict):
            del inner[path[-1]]
    return json.dumps(webhook).encode()


@settings(FUZZ, max_examples=2 * EXAMPLES)
@given(channels.flatmap(lambda name: st.tuples(st.just(name), changed(name))))
def test_a_webhook_with_anything_in_the_place_of_anything_is_taken_or_refused(server, given_one):
    channel, body = given_one
    status, said = sent(server, channel, body)
    assert status in (200, 400), (status, said)
    assert not LEAKS.search(said), said


@FUZZ
@given(channels, st.binary(max_size=300) | json_values.map(lambda v: json.dumps(v).encode()))
def test_what_is_signed_and_no_webhook_is_taken_or_refused(server, channel, body):
    status, said = sent(server, channel, body)
    assert status in (200, 400), (status, said)
    assert not LEAKS.search(said), said


@settings(FUZZ, max_examples=EXAMPLES // 3)
@given(
    channels.flatmap(lambda name: st.tuples(st.just(name), changed(name))),
    st.text("abc\u00ff", max_size=20),
)
def test_what_the_platform_did_not_sign_is_refused(server, given_one, secret):
    channel, body = given_one
    status, said = sent(server, channel, body, secret)
    assert status == 403, (status, said)
    assert not LEAKS.search(said), said


def test_after_all_that_people_are_answered_and_the_log_tells_of_no_crash(server):
    """The last of the file: what was taken before has been worked on meanwhile."""
    assert Person().say(server, "why do i twitch falling asleep")
    log = server.log.read_text(errors="replace")
    assert "Traceback" not in log and "hello, world" not in log
