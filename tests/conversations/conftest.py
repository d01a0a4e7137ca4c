"""A real server, started once for all conversations; MYOGUIDE_TEST_SERVER names a running one."""

from __future__ import annotations

import json
import os
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from myoguide import launch

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "conversations"
TIMEOUT = 60  # seconds


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "conversation: talks to a real server over REST")


@dataclass(frozen=True)
class Conversation:
    """One person talking to the server at ``address``."""

    address: str
    sender: str

    def say(self, text: str, country: str | None = None) -> list[dict[str, Any]]:
        """Send a message, as from ``country``; return the replies."""
        message = {"sender": self.sender, "message": text, "metadata": {"country": country}}
        body = json.dumps(message).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}/webhooks/rest/webhook", body, headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
            return json.load(reply)

    def tracker(self) -> dict[str, Any]:
        """The tracker as Rasa's HTTP API gives it."""
        query = urllib.parse.urlencode({"token": os.environ["MYOGUIDE_API_TOKEN"]})
        address = f"{self.address}/conversations/{self.sender}/tracker?{query}"
        with urllib.request.urlopen(address, timeout=TIMEOUT) as reply:
            return json.load(reply)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the server."""
    running = os.environ.get("MYOGUIDE_TEST_SERVER")
    if running:
        yield running
        return
    database = tmp_path_factory.mktemp("conversations") / "test.db"
    changed = {
        "MYOGUIDE_API_TOKEN": TOKEN,
        "MYOGUIDE_DATABASE_URL": f"sqlite:///{database}",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        for name, value in changed.items():
            patch.setenv(name, value)
        launch.train_if_changed()
        port = launch.free_port()
        with launch.services(port):
            yield f"http://127.0.0.1:{port}"


@pytest.fixture
def conversation(server: str) -> Conversation:
    """A new person."""
    return Conversation(server, uuid.uuid4().hex)
