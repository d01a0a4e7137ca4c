"""Which messengers are switched on: their secrets come from the environment, and only from there.

Imports nothing of Rasa, so that a mistake is told before a server is started.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

# What each channel needs; all of it or nothing.
NEEDED: dict[str, dict[str, str]] = {
    "messenger": {
        "app_secret": "MYOGUIDE_MESSENGER_APP_SECRET",
        "verify_token": "MYOGUIDE_MESSENGER_VERIFY_TOKEN",
        "page_token": "MYOGUIDE_MESSENGER_PAGE_TOKEN",
    },
    "telegram": {
        "token": "MYOGUIDE_TELEGRAM_TOKEN",
        "secret": "MYOGUIDE_TELEGRAM_SECRET",
    },
    "whatsapp": {
        "app_secret": "MYOGUIDE_WHATSAPP_APP_SECRET",
        "verify_token": "MYOGUIDE_WHATSAPP_VERIFY_TOKEN",
        "token": "MYOGUIDE_WHATSAPP_TOKEN",
        "phone_number_id": "MYOGUIDE_WHATSAPP_PHONE_NUMBER_ID",
    },
}
_GRAPH, _GRAPH_VERSION = "https://graph.facebook.com", ("MYOGUIDE_GRAPH_VERSION", "v25.0")
# What may be set beside: variable and default.
OPTIONAL: dict[str, dict[str, tuple[str, str]]] = {
    "messenger": {"address": ("MYOGUIDE_MESSENGER_ADDRESS", _GRAPH), "version": _GRAPH_VERSION},
    "telegram": {"address": ("MYOGUIDE_TELEGRAM_ADDRESS", "https://api.telegram.org")},
    "whatsapp": {"address": ("MYOGUIDE_WHATSAPP_ADDRESS", _GRAPH), "version": _GRAPH_VERSION},
}
_FORM = {
    "secret": (r"[A-Za-z0-9_-]{16,256}", "16 to 256 letters, digits, _ and - (Telegram's rule)"),
    "version": (r"v\d{1,3}\.\d", "a version such as v25.0"),
    "phone_number_id": (r"\d+", "the number's id in digits, not the telephone number"),
}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class AccountError(ValueError):
    """A channel is half set or wrongly set; the message names the variable and never its value."""


@dataclass(frozen=True)
class Account:
    """Secrets and addresses of one channel, by their names in `NEEDED` and `OPTIONAL`."""

    channel: str
    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def __repr__(self) -> str:
        return f"Account({self.channel!r})"


def account(
    channel: str, environment: Mapping[str, str], settings: Mapping[str, str] | None = None
) -> Account | None:
    """The account of a channel, or None where none of its secrets is set.

    ``settings`` are those of ``credentials.yml``; the environment goes before them. Raises
    `AccountError`.
    """
    needed = {name: environment.get(v, "").strip() for name, v in NEEDED[channel].items()}
    if not any(needed.values()):
        return None
    missing = [NEEDED[channel][name] for name, value in needed.items() if not value]
    if missing:
        there = next(NEEDED[channel][name] for name, value in needed.items() if value)
        raise AccountError(
            f"{there} is set but {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} "
            f"not: set {'it' if len(missing) == 1 else 'them'} too, or unset all of {channel}'s "
            "(docs/channels.md)"
        )
    given = settings or {}
    unknown = sorted(set(given) - set(OPTIONAL[channel]))
    if unknown:
        raise AccountError(
            f"credentials.yml: {channel} has no setting {unknown[0]!r}; "
            f"it has {', '.join(OPTIONAL[channel])}, and secrets belong into the environment"
        )
    optional = {
        name: environment.get(variable, "").strip() or str(given.get(name) or default)
        for name, (variable, default) in OPTIONAL[channel].items()
    }
    values = {**needed, **optional}
    variables = {**NEEDED[channel], **{name: v for name, (v, _) in OPTIONAL[channel].items()}}
    for name, value in values.items():
        _check(name, variables[name], value)
    return Account(channel, {**values, "address": values["address"].rstrip("/")})


def check(environment: Mapping[str, str]) -> list[str]:
    """The channels that are switched on; raises `AccountError` if one is half set."""
    return [channel for channel in NEEDED if account(channel, environment)]


def _check(name: str, variable: str, value: str) -> None:
    if name == "address":
        parts = urlsplit(value)
        secure = parts.scheme == "https" or parts.hostname in _LOOPBACK
        if not (parts.hostname and parts.scheme in ("http", "https") and secure):
            raise AccountError(
                f"{variable} is not an address that a secret may be sent to: it starts with "
                "https:// (http:// only on this machine)"
            )
    elif name in _FORM and not re.fullmatch(_FORM[name][0], value):
        raise AccountError(f"{variable} is not {_FORM[name][1]}")
