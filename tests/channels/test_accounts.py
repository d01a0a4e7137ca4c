"""Which messengers are on, and what is said when one is half set."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from platforms import PLATFORMS, MessengerPlatform, TelegramPlatform
from rasa.shared.exceptions import RasaException
from sanic import Sanic

from myoguide import launch
from myoguide.channels import cli
from myoguide.channels.accounts import NEEDED, AccountError, account, check
from myoguide.channels.messenger import MessengerInput
from myoguide.channels.telegram import TelegramInput
from myoguide.channels.whatsapp import WhatsAppInput

INPUTS = {"messenger": MessengerInput, "telegram": TelegramInput, "whatsapp": WhatsAppInput}
GOOD = {
    "messenger": ("app-secret", "verify", "EAAJ"),
    "telegram": ("123:ABC", "a_secret-of-sixteen"),
    "whatsapp": ("app-secret", "verify", "EAAJ", "106540352242922"),
}


def environment(channel: str) -> dict[str, str]:
    return dict(zip(NEEDED[channel].values(), GOOD[channel], strict=True))


def test_without_secrets_every_channel_is_off_and_has_no_routes(monkeypatch) -> None:
    for variables in NEEDED.values():
        for variable in variables.values():
            monkeypatch.delenv(variable, raising=False)
    assert check({}) == []
    for make in INPUTS.values():
        app = Sanic(f"off_{make.name()}", configure_logging=False)
        app.blueprint(make.from_credentials(None).blueprint(None), url_prefix="/x")
        assert not app.router.routes_all


@pytest.mark.parametrize("channel", list(NEEDED))
def test_with_all_its_secrets_a_channel_is_on(channel: str) -> None:
    assert check(environment(channel)) == [channel]


@pytest.mark.parametrize(
    ("channel", "variable"), [(c, v) for c, variables in NEEDED.items() for v in variables.values()]
)
def test_a_missing_secret_is_named(channel: str, variable: str, monkeypatch) -> None:
    found = {**environment(channel), variable: "  "}
    with pytest.raises(AccountError, match=f"but {variable} is not: set it too"):
        check(found)
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RasaException, match=variable):
        INPUTS[channel].from_credentials(None)


def test_the_launcher_says_it_in_one_line_before_it_starts_anything(monkeypatch, capsys) -> None:
    monkeypatch.setenv("MYOGUIDE_TELEGRAM_TOKEN", "123:ABC")
    monkeypatch.delenv("MYOGUIDE_TELEGRAM_SECRET", raising=False)
    assert launch.main(["run"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("myoguide: MYOGUIDE_TELEGRAM_TOKEN is set but MYOGUIDE_TELEGRAM_SECRET")
    assert len(said.splitlines()) == 1 and "123:ABC" not in said


@pytest.mark.parametrize(
    ("channel", "variable", "value"),
    [
        ("telegram", "MYOGUIDE_TELEGRAM_SECRET", "short"),
        ("telegram", "MYOGUIDE_TELEGRAM_SECRET", "with spaces and ümläuts"),
        ("telegram", "MYOGUIDE_TELEGRAM_ADDRESS", "http://api.telegram.org"),
        ("messenger", "MYOGUIDE_MESSENGER_ADDRESS", "graph.facebook.com"),
        ("messenger", "MYOGUIDE_GRAPH_VERSION", "latest"),
        ("whatsapp", "MYOGUIDE_WHATSAPP_PHONE_NUMBER_ID", "+1 555 078 3881"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(channel: str, variable: str, value: str) -> None:
    with pytest.raises(AccountError, match=f"^{variable} ") as refusal:
        account(channel, {**environment(channel), variable: value})
    assert value not in str(refusal.value)


def test_version_and_address_come_from_credentials_and_before_them_from_the_environment() -> None:
    settings = {"version": "v26.0", "address": "http://localhost:8080/"}
    found = account("messenger", environment("messenger"), settings)
    assert found is not None
    assert (found["version"], found["address"]) == ("v26.0", "http://localhost:8080")
    over = {**environment("messenger"), "MYOGUIDE_GRAPH_VERSION": "v27.0"}
    found = account("messenger", over, settings)
    assert found is not None and found["version"] == "v27.0"


def test_a_secret_in_credentials_is_refused() -> None:
    with pytest.raises(AccountError, match="secrets belong into the environment"):
        account("telegram", environment("telegram"), {"token": "123:ABC"})


def test_an_account_does_not_show_its_secrets() -> None:
    found = account("messenger", environment("messenger"))
    assert "EAAJ" not in repr(found)


# --- telling the platforms where we are


def connected(monkeypatch, channel: str):
    platform = PLATFORMS[channel]()
    platform.start()
    for variables in NEEDED.values():
        for variable in variables.values():
            monkeypatch.delenv(variable, raising=False)
    for name, value in platform.environment().items():
        monkeypatch.setenv(name, value)
    return platform


def test_connecting_telegram_sets_webhook_secret_and_menu(monkeypatch, capsys) -> None:
    platform = connected(monkeypatch, "telegram")
    assert isinstance(platform, TelegramPlatform)
    assert cli.main(["connect", "https://chat.example.org/"]) == 0
    assert platform.webhook["url"] == "https://chat.example.org/webhooks/telegram/webhook"
    assert platform.webhook["secret_token"] == platform.secret
    assert "callback_query" in platform.webhook["allowed_updates"]
    assert {command["command"] for command in platform.commands} >= {"start", "help"}
    assert platform.violations == [] and platform.token not in capsys.readouterr().out
    platform.stop()


def test_connecting_messenger_sets_get_started_and_subscribes(monkeypatch, capsys) -> None:
    platform = connected(monkeypatch, "messenger")
    assert isinstance(platform, MessengerPlatform)
    assert cli.main(["connect", "https://chat.example.org"]) == 0
    assert platform.profile == {"get_started": {"payload": "GET_STARTED"}}
    assert {"messages", "messaging_postbacks"} <= set(platform.subscribed)
    assert "https://chat.example.org/webhooks/messenger/webhook" in capsys.readouterr().out
    platform.stop()


def test_a_token_that_is_not_accepted_is_told(monkeypatch, capsys) -> None:
    platform = connected(monkeypatch, "messenger")
    monkeypatch.setenv("MYOGUIDE_MESSENGER_PAGE_TOKEN", "expired")
    assert cli.main(["connect", "https://chat.example.org"]) == 1
    assert "Invalid OAuth access token" in capsys.readouterr().out
    platform.stop()


def test_without_an_address_nothing_is_called(monkeypatch, capsys) -> None:
    assert cli.main(["connect", "http://chat.example.org"]) == 1
    assert "https://" in capsys.readouterr().err


def test_with_nothing_to_connect_it_says_so(monkeypatch, capsys) -> None:
    for variables in NEEDED.values():
        for variable in variables.values():
            monkeypatch.delenv(variable, raising=False)
    assert cli.main(["connect", "https://chat.example.org"]) == 1
    assert "no messenger is on" in capsys.readouterr().err


def test_the_command_prints_nothing_but_what_it_has_to_say() -> None:
    command = [sys.executable, "-m", "myoguide.channels"]
    without = {name: v for name, v in os.environ.items() if not name.startswith("MYOGUIDE_")}
    without.pop("PYTHONWARNINGS", None)
    done = subprocess.run(command, env=without, capture_output=True, text=True, timeout=60)
    assert (done.stderr, done.stdout) == ("", "messenger: off\ntelegram: off\nwhatsapp: off\n")


def test_the_list_says_what_is_on(monkeypatch, capsys) -> None:
    for variables in NEEDED.values():
        for variable in variables.values():
            monkeypatch.delenv(variable, raising=False)
    for name, value in environment("telegram").items():
        monkeypatch.setenv(name, value)
    assert cli.main([]) == 0
    assert capsys.readouterr().out == "messenger: off\ntelegram: on\nwhatsapp: off\n"
