"""One real server with all messengers switched on, and a stand-in for each platform."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from myoguide import launch
from myoguide.channels.messaging import pseudonym

ROOT = Path(__file__).resolve().parents[2]
# The scenarios, and how they are checked, are those of tests/conversations.
sys.path.insert(0, str(ROOT / "tests" / "conversations"))

from platforms import PLATFORMS  # noqa: E402
from platforms.base import Platform  # noqa: E402

TOKEN = "messengers"
TIMEOUT = 60  # seconds
SLOTS = ("status", "escalation", "sign", "topic", "aspect")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: left out unless asked for with -m slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "slow" in config.getoption("markexpr", ""):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


class Server:
    """The assistant with its messengers, in processes of its own."""

    def __init__(self, platforms: dict[str, Platform], folder: Path) -> None:
        self.platforms = platforms
        self.folder = folder
        # A new one each time, so nobody is taken for a person of an earlier run.
        self.secret = secrets.token_hex(32)
        self.port = launch.free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._running = ExitStack()
        self._process: Any = None

    def environment(self) -> dict[str, str]:
        found = {
            "MYOGUIDE_API_TOKEN": TOKEN,
            "MYOGUIDE_SECRET": self.secret,
            "MYOGUIDE_DATABASE_URL": f"sqlite:///{self.folder / 'conversations.db'}",
            "MYOGUIDE_INBOX_URL": f"sqlite:///{self.folder / 'inbox.db'}",
        }
        for platform in self.platforms.values():
            found.update(platform.environment())
        return found

    def start(self) -> None:
        self._process = self._running.enter_context(launch.services(self.port))

    def stop(self) -> None:
        """As Ctrl-C or a restart does it."""
        self._running.close()

    def kill(self) -> None:
        """As a crash does it."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._running.close()

    def tracker(self, channel: str, person: str) -> dict[str, Any]:
        """The tracker of somebody on a messenger."""
        known = self.platforms[channel].known_as(person)
        conversation = pseudonym(self.secret.encode(), channel, "person", known)
        return self.tracker_of(conversation)

    def tracker_of(self, conversation: str) -> dict[str, Any]:
        query = urllib.parse.urlencode({"token": TOKEN})
        address = f"{self.address}/conversations/{conversation}/tracker?{query}"
        with urllib.request.urlopen(address, timeout=TIMEOUT) as reply:
            return json.load(reply)

    def over_rest(
        self, messages: tuple[str, ...], country: str | None
    ) -> tuple[dict[str, Any], list[str]]:
        """Plays messages of one person over REST; returns the tracker and the last replies."""
        sender = uuid.uuid4().hex
        for message in messages:
            said = {"sender": sender, "message": message, "metadata": {"country": country}}
            body = json.dumps(said).encode()
            address = f"{self.address}/webhooks/rest/webhook"
            request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
                replies = [shown["text"].strip() for shown in json.load(reply)]
        return self.tracker_of(sender), replies

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in launch.LOGS.glob("*.log"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started once; a test that stops it starts it again."""
    platforms = {name: make() for name, make in PLATFORMS.items()}
    folder = tmp_path_factory.mktemp("messengers")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setattr(launch, "LOGS", folder)
        for platform in platforms.values():
            platform.start()
            stack.callback(platform.stop)
        found = Server(platforms, folder)
        for name, value in found.environment().items():
            patch.setenv(name, value)
        for platform in platforms.values():
            platform.hook = f"{found.address}/webhooks/{platform.channel}/webhook"
        launch.train_if_changed()
        found.start()
        stack.callback(found.stop)
        yield found


@pytest.fixture(params=list(PLATFORMS))
def platform(request: pytest.FixtureRequest, server: Server) -> Iterator[Platform]:
    """Each platform in turn, without faults; it may not have had to refuse anything."""
    found = server.platforms[request.param]
    yield found
    found.faults.clear()
    found.unreachable.clear()
    found.delay, found.is_down = 0.0, False
    violations, found.violations = found.violations, []
    assert violations == []
