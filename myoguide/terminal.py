"""Talk to a running assistant in the terminal: numbered choices, quiet source lines."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

STOP = ("/stop", "/exit", "/quit")
WIDEST = 88  # characters of a line; longer ones are hard to read
TIMEOUT = 60  # seconds
_DIM, _BOLD, _PLAIN = "\033[2m", "\033[1m", "\033[0m"


def talk(address: str, read: Any = input, write: TextIO | None = None) -> None:
    """Reads lines and prints the replies until a line is one of `STOP` or the input ends."""
    write = write or sys.stdout
    colour = write.isatty() and "NO_COLOR" not in os.environ
    sender = uuid.uuid4().hex
    message = "/chitchat/greeting"  # the opening, as a chat window sends it
    while message not in STOP:
        if message:
            try:
                replies = send(address, sender, message)
            except (OSError, ValueError) as error:
                replies = [{"text": f"No answer from {address} ({error}). Try again, or /stop."}]
            write.write("\n".join([*lines(replies, colour), "", ""]))
            write.flush()
        try:
            message = read("> ").strip()
        except EOFError:
            return


def send(address: str, sender: str, message: str) -> list[dict[str, Any]]:
    """Sends one message over REST; returns the replies."""
    body = json.dumps({"sender": sender, "message": message}).encode()
    request = urllib.request.Request(
        f"{address}/webhooks/rest/webhook", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
        return json.load(reply)


def lines(replies: Iterable[Mapping[str, Any]], colour: bool = False) -> Iterator[str]:
    """The replies as lines of text.

    Numbers stand before the choices of the last reply that has any: those are what a number means.
    """
    replies = list(replies)
    last = max((i for i, reply in enumerate(replies) if reply.get("buttons")), default=-1)
    for i, reply in enumerate(replies):
        yield ""
        for line in (reply.get("text") or "").splitlines():
            source = line.startswith("Source:")
            yield from (_styled(part, _DIM if source and colour else "") for part in _wrap(line))
        if i == last:
            yield ""
            for number, button in enumerate(reply["buttons"], start=1):
                yield _styled(f"  {number:2}  {button['title']}", _BOLD if colour else "")


def _wrap(line: str) -> list[str]:
    width = min(WIDEST, shutil.get_terminal_size().columns)
    indent = "  " if line.startswith("- ") else ""
    return textwrap.wrap(line, width, subsequent_indent=indent) or [""]


def _styled(text: str, style: str) -> str:
    return f"{style}{text}{_PLAIN}" if style and text else text
