"""What each channel reads in the webhooks that the platforms' documentation shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from myoguide.channels.accounts import NEEDED, Account
from myoguide.channels.client import Response
from myoguide.channels.countries import of_locale, of_phone
from myoguide.channels.graph import is_signed
from myoguide.channels.graph import outcome as graph_outcome
from myoguide.channels.messaging import MessagingInput
from myoguide.channels.messenger import MessengerInput
from myoguide.channels.telegram import TelegramInput
from myoguide.channels.telegram import outcome as telegram_outcome
from myoguide.channels.whatsapp import WhatsAppInput

SHOWN = yaml.safe_load(
    (Path(__file__).parent / "data" / "webhooks.yml").read_text(encoding="utf-8")
)
INPUTS = {"messenger": MessengerInput, "telegram": TelegramInput, "whatsapp": WhatsAppInput}
CASES = [
    pytest.param(channel, case, id=f"{channel}: {case['name']}")
    for channel, cases in SHOWN.items()
    for case in cases
]


def channel_of(name: str) -> MessagingInput:
    values = dict.fromkeys(NEEDED[name], "106540352242922")
    return INPUTS[name](Account(name, values))


def webhook_of(channel: str, case: dict[str, Any]) -> dict[str, Any]:
    """The whole webhook; a case may show its essential part alone."""
    if "webhook" in case:
        return case["webhook"]
    if channel == "messenger":
        event = {
            "sender": {"id": "1254477777772919"},
            "recipient": {"id": "682498302938465"},
            "timestamp": 1458692752478,
            **case["messaging"],
        }
        return {"object": "page", "entry": [{"id": "1", "time": 1, "messaging": [event]}]}
    if channel == "telegram":
        message = {
            "message_id": 1365,
            "from": {"id": 1111111, "is_bot": False, "first_name": "Test"},
            "chat": {"id": 1111111, "first_name": "Test", "type": "private"},
            "date": 1441645532,
            **case.get("message", {}),
        }
        return {"update_id": 10000, **case.get("update", {"message": message})}
    message = {"from": "16505551234", "id": "wamid.1", "timestamp": "1749416383"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1555", "phone_number_id": "106540352242922"},
        **case.get("value", {"messages": [{**message, **case.get("message", {})}]}),
    }
    change = {"value": value, "field": "messages"}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


@pytest.mark.parametrize(("channel", "case"), CASES)
def test_a_webhook_is_read(channel: str, case: dict[str, Any]) -> None:
    body = json.dumps(webhook_of(channel, case)).encode()
    found = channel_of(channel)._read(body)
    assert len(found) == len(case["reads"])
    for incoming, wanted in zip(found, case["reads"], strict=True):
        assert {name: getattr(incoming, name) for name in wanted} == wanted


# --- signatures


def test_the_signature_is_that_of_the_documentation() -> None:
    # HMAC-SHA256 of RFC 4231, test case 2.
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    body = b"what do ya want for nothing?"
    assert is_signed("Jefe", body, f"sha256={digest}")
    for header in (digest, f"sha1={digest}", f"sha256={digest.upper()}", "", "sha256=", "ü"):
        assert not is_signed("Jefe", body, header)


# --- what an API answers


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [
        (200, None, None),
        (400, 100, False),
        (400, 10, False),
        (400, 131047, False),
        (403, 200, False),
        (400, 613, True),
        (429, 4, True),
        (400, 130429, True),
        (400, 131056, True),
        (401, 190, True),
        (500, 2, True),
        (502, None, True),
        (0, None, True),
    ],
)
def test_an_answer_of_the_graph_api_means_sent_again_or_refused(
    status: int, code: int | None, again: bool | None
) -> None:
    body = {"error": {"code": code, "message": "secret words"}} if code else {}
    found = graph_outcome(Response(status, body, failure="" if status else "TimeoutError"))
    assert found.is_sent == (again is None)
    assert found.again == bool(again)
    assert "secret words" not in found.reason


def test_an_answer_of_the_bot_api_means_sent_again_or_refused() -> None:
    assert telegram_outcome(Response(200, {"ok": True})).is_sent
    limited = telegram_outcome(Response(429, {"ok": False, "parameters": {"retry_after": 7}}))
    assert limited.again and limited.after == 7
    assert telegram_outcome(Response(502)).again
    assert telegram_outcome(Response(401, {"ok": False})).again
    refused = telegram_outcome(Response(403, {"ok": False, "description": "blocked"}))
    assert not refused.again and not refused.is_sent and refused.reason == "status 403"


# --- countries


@pytest.mark.parametrize(
    ("locale", "country"),
    [
        ("en_GB", "GB"),
        ("pt-br", "BR"),
        ("pt_BR", "BR"),
        ("it", "IT"),
        ("en", None),
        ("de", None),
        ("en_US", None),
        ("es_LA", None),
        ("ar_AR", None),
        ("en_PI", None),
        ("zh-hans", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_locale_names_a_country_only_where_it_is_certain(locale, country) -> None:
    assert of_locale(locale) == country


@pytest.mark.parametrize(
    ("digits", "country"),
    [
        ("447400123456", "GB"),
        ("447911123456", "GB"),
        ("16505551234", "US"),
        ("14165551234", "CA"),
        ("353861234567", "IE"),
        ("5511987654321", "BR"),
        ("15551234567", None),
        ("80012345678", None),
        ("12", None),
        ("not a number", None),
        (None, None),
    ],
)
def test_a_number_tells_its_country(digits, country) -> None:
    assert of_phone(digits) == country
