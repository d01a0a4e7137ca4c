"""Says which messengers are on, and tells the platforms where this server is.

``connect https://chat.example.org`` sets what the platforms' APIs can set; what only their consoles
can is in docs/channels.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from myoguide.channels.accounts import NEEDED, Account, AccountError, account
from myoguide.channels.client import ApiClient, Response
from myoguide.channels.opening import COMMANDS, GET_STARTED, wording

Step = tuple[str, str, dict[str, Any]]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m myoguide.channels", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("list", "connect"), default="list")
    parser.add_argument("address", nargs="?", help="where the platforms reach this server (https)")
    given = parser.parse_args(arguments)
    try:
        accounts = [found for name in NEEDED if (found := account(name, os.environ))]
    except AccountError as error:
        print(f"myoguide: {error}", file=sys.stderr)
        return 1
    if given.command == "list":
        for name in NEEDED:
            print(f"{name}: {'on' if name in [a.channel for a in accounts] else 'off'}")
        return 0
    if not (given.address or "").startswith("https://"):
        print("myoguide: connect needs the public address, https://...", file=sys.stderr)
        return 1
    if not accounts:
        print("myoguide: no messenger is on: set its variables (docs/channels.md)", file=sys.stderr)
        return 1
    return asyncio.run(_connect(accounts, given.address.rstrip("/")))


async def _connect(accounts: Sequence[Account], address: str) -> int:
    failed = 0
    for found in accounts:
        webhook = f"{address}/webhooks/{found.channel}/webhook"
        headers = {}
        if found.channel == "messenger":
            headers = {"Authorization": f"Bearer {found['page_token']}"}
        client = ApiClient(headers)
        for what, url, body in _steps(found, webhook):
            reply = await client.call("POST", url, body)
            print(f"{found.channel}: {what}: {_told(reply)}")
            failed += reply.status != 200
        await client.close()
        if found.channel != "telegram":
            print(f"{found.channel}: enter {webhook} in the console (docs/channels.md)")
    return 1 if failed else 0


def _told(reply: Response) -> str:
    if reply.status == 200:
        return "done"
    error = reply.body.get("error")
    said = error.get("message") if isinstance(error, dict) else reply.body.get("description")
    return f"failed ({reply.failure or f'status {reply.status}'}) {said or ''}".strip()


def _steps(found: Account, webhook: str) -> Iterator[Step]:
    """What to call, and what for."""
    if found.channel == "telegram":
        bot = f"{found['address']}/bot{found['token']}"
        updates = ["message", "edited_message", "callback_query"]
        body = {"url": webhook, "secret_token": found["secret"], "allowed_updates": updates}
        yield "webhook", f"{bot}/setWebhook", body
        menu = wording()["menu"]
        commands = [{"command": name, "description": menu[name]} for name in COMMANDS]
        yield "menu", f"{bot}/setMyCommands", {"commands": commands}
    elif found.channel == "messenger":
        graph = f"{found['address']}/{found['version']}/me"
        profile = {"get_started": {"payload": GET_STARTED}}
        yield "get started", f"{graph}/messenger_profile", profile
        fields = ["messages", "messaging_postbacks", "message_edits"]
        yield "subscription", f"{graph}/subscribed_apps", {"subscribed_fields": fields}
