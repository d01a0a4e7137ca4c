"""SIGTERM, as a deployment that goes on sends it, and the start after it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from servers import Person, wait_until

from myoguide.action_server import TIME_LIMIT

QUESTION = "why do i twitch when i fall asleep"
NOT_UNDERSTOOD = "qwrtz plomf gnarf"


@dataclass
class Stopped:
    """What was seen of a server that was stopped while it answered a question."""

    site: Any
    person: Person = field(default_factory=Person)
    replies: list[dict[str, Any]] = field(default_factory=list)
    ready: tuple[int, str] = (0, "")
    live: int = 0
    waited: bool = False
    code: int | None = None


class StoodStill(Exception):
    """This machine held everything up for so long that the turn ended in between."""


def stop_amid_a_turn(site: Any) -> Stopped:
    """Stops the server while it waits for an action server that hangs; says what was seen."""
    seen = Stopped(site)

    def ask() -> None:
        seen.replies.extend(seen.person.say(site.server, QUESTION))

    asking = threading.Thread(target=ask)
    os.killpg(site.actions.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        asking.start()
        site.until("myoguide_messages_in_progress", 1)
        site.server.process.send_signal(signal.SIGTERM)
        try:
            wait_until(lambda: site.get("/health/ready")[0] == 503, 10)
            seen.ready = site.get("/health/ready")[:2]
            seen.live = site.get("/health/live")[0]
        except OSError:
            if time.monotonic() - began < TIME_LIMIT:
                raise
            raise StoodStill from None
        seen.waited = site.server.process.poll() is None
    finally:
        os.killpg(site.actions.process.pid, signal.SIGCONT)
        asking.join(30)
    seen.code = site.server.process.wait(30)
    return seen


@pytest.fixture(scope="module")
def stopped(start) -> Iterator[Stopped]:
    for _ in range(3):
        with start() as site:
            try:
                seen = stop_amid_a_turn(site)
            except StoodStill:
                continue
            yield seen
            return
    pytest.fail("this machine stood still three times: nothing can be said about the stop")


@pytest.fixture(scope="module")
def again(stopped):
    """The next server, of a site that has asked for neither metrics nor kept messages."""
    environment = stopped.site.started.environment
    del environment["MYOGUIDE_METRICS_TOKEN"]
    return replace(stopped.site, server=stopped.site.started.server())


def test_what_was_begun_is_answered(stopped):
    assert stopped.waited
    assert stopped.replies and stopped.replies[0]["text"]


def test_while_it_stops_nobody_new_is_sent_there_but_it_is_not_taken_for_dead(stopped):
    assert stopped.ready[0] == 503
    assert json.loads(stopped.ready[1]) == {"status": "stopping"}
    assert stopped.live == 200


def test_it_ends_as_a_server_does_that_was_stopped_in_good_order(stopped):
    assert stopped.code == 0
    messages = [json.loads(line)["message"] for line in stopped.site.lines()]
    assert "stopping: 1 messages are being answered" in messages
    assert not [message for message in messages if "unanswered" in message]


def test_the_next_server_goes_on_from_what_was_answered(stopped, again):
    assert stopped.person.said(again.server) == [QUESTION]


def test_metrics_are_not_there_unless_the_site_asks_for_them(again):
    assert again.get("/metrics")[0] == 404
    assert again.get("/health/ready")[0] == 200


def test_messages_that_were_not_understood_are_kept_only_where_the_site_asks_for_it(again):
    Person().say(again.server, NOT_UNDERSTOOD)
    # Counts reach the database some seconds later.
    wait_until(lambda: "Not understood" in again.insights(), 30)
    shown = again.insights()
    assert "are not kept here" in shown and "plomf" not in shown
