"""Real servers for the fault tests: several of them, on one database and one Redis.

Reusable: a `Deployment` starts Rasa servers and action servers with an environment of their own
and keeps what they print; `Person` talks to any of them over REST.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from myoguide import launch

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "scripts" / "services-for-tests.sh"
# What scripts/reliability.py writes the report from.
FIGURES = ROOT / "var" / "reliability"
TOKEN = "faults"
START_TIMEOUT = 240  # seconds; CI's machine is shared
REPLY_TIMEOUT = 90  # seconds


def services(command: str, **environment: str) -> None:
    """Starts or stops PostgreSQL or Redis: a command of ``scripts/services-for-tests.sh``."""
    # No pipes: a server that the script starts would hold them open.
    subprocess.run(
        [SERVICES, command],
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=120,
    )


@dataclass
class Server:
    """One process that listens on ``port``."""

    process: subprocess.Popen
    port: int
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """SIGKILL, as a machine that fails."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        """It takes connections and never answers."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.thaw()
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class Person:
    """Somebody with one conversation, told by ``id``."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def say(self, server: Server, text: str, **more: Any) -> list[dict[str, Any]]:
        """Sends a message; returns the replies."""
        body = json.dumps({"sender": self.id, "message": text, **more}).encode()
        headers = {"Content-Type": "application/json"}
        address = f"{server.address}/webhooks/rest/webhook"
        request = urllib.request.Request(address, body, headers)
        with urllib.request.urlopen(request, timeout=REPLY_TIMEOUT) as reply:
            return json.load(reply)

    def tracker(self, server: Server) -> dict[str, Any]:
        query = urllib.parse.urlencode({"token": TOKEN})
        address = f"{server.address}/conversations/{self.id}/tracker?{query}"
        with urllib.request.urlopen(address, timeout=REPLY_TIMEOUT) as reply:
            return json.load(reply)

    def said(self, server: Server) -> list[str]:
        """What the database holds of what this person wrote."""
        return [e["text"] for e in self.tracker(server)["events"] if e["event"] == "user"]


class Deployment:
    """Servers that share an environment. Everything they print lies in ``folder``."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = {**os.environ, "MYOGUIDE_SECRET": "f" * 40, **environment}
        # Another suite's token in this process would take the place of ours.
        self.environment.pop("MYOGUIDE_API_TOKEN", None)
        self.servers: list[Server] = []

    def actions(self, port: int | None = None, *arguments: str) -> Server:
        """Starts an action server and points the servers that start later to it."""
        port = port or launch.free_port()
        self.environment["MYOGUIDE_ACTIONS_URL"] = f"http://127.0.0.1:{port}/webhook"
        command = [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)]
        return self._start([*command, *arguments], port, "/health", "actions")

    def server(self, *arguments: str) -> Server:
        """Starts a Rasa server."""
        port = launch.free_port()
        command = [launch._tool("rasa"), "run", "--model", str(launch.MODEL), "--port", str(port)]
        command += ["--enable-api", "--auth-token", TOKEN, *arguments]
        return self._start(command, port, "/webhooks/rest/", "server")

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()

    def printed(self) -> str:
        """Everything all servers have printed so far."""
        return "\n".join(
            log.read_text(errors="replace") for log in sorted(self.folder.glob("*.log"))
        )

    def _start(self, command: list[str], port: int, ready: str, kind: str) -> Server:
        log = self.folder / f"{kind}-{len(self.servers)}.log"
        with log.open("w") as sink:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        server = Server(process, port, log)
        self.servers.append(server)
        wait_until(lambda: answers(server.address + ready, process, log), START_TIMEOUT)
        return server


def answers(address: str, process: subprocess.Popen, log: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(
            f"{' '.join(process.args)} stopped by itself ({process.returncode}):\n"
            + log.read_text(errors="replace")[-2000:]
        )
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait_until(holds: Any, seconds: float) -> None:
    """Returns as soon as ``holds()`` is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.1)
    raise TimeoutError(f"not within {seconds} s")


@contextlib.contextmanager
def deployment(folder: Path, **environment: str) -> Iterator[Deployment]:
    """Servers that are stopped at the end."""
    started = Deployment(folder, **environment)
    try:
        yield started
    finally:
        started.stop()
