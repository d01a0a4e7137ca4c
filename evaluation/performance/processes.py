"""The two assistants as processes: started, ready, weighed, stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from myoguide import launch

START_TIMEOUT = 600  # seconds
BETWEEN_LOOKS = 0.05  # seconds


class BenchmarkError(RuntimeError):
    """Something is missing or broke; the message is one line."""


@dataclass(frozen=True)
class Assistant:
    """How to start an assistant, and what people say to it.

    ``command`` may hold "{port}". ``asks_for_session``: a socket opens its conversation by asking.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    texts: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    asks_for_session: bool = False


@dataclass(frozen=True)
class Running:
    """A started assistant. ``cold_start``: seconds from the command to the first answer."""

    assistant: Assistant
    port: int
    pid: int
    cold_start: float

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> float:
        """Megabytes of all its processes; a page that several share is counted once."""
        return sum(map(_proportional, _family(self.pid)))


@contextmanager
def started(assistant: Assistant, log: Path) -> Iterator[Running]:
    """Starts the assistant in a session of its own and stops all of it."""
    port = launch.free_port()
    command = [part.replace("{port}", str(port)) for part in assistant.command]
    environment = {
        **clean_environment(),
        "MYOGUIDE_PORT": str(port),
        **assistant.environment,
    }
    began = time.monotonic()
    with log.open("w") as sink:
        process = subprocess.Popen(
            command,
            cwd=assistant.folder,
            env=environment,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _first_answer(f"http://127.0.0.1:{port}", assistant.texts[0], process, log)
        yield Running(assistant, port, process.pid, time.monotonic() - began)
    finally:
        _stop(process)


def clean_environment() -> dict[str, str]:
    """This process's environment without what only one of the two should see."""
    dropped = ("VIRTUAL_ENV", "MYOGUIDE_API_TOKEN")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}


def _first_answer(address: str, text: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    body = json.dumps({"sender": "first", "message": text}).encode()
    headers = {"Content-Type": "application/json"}
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BenchmarkError(f"an assistant did not start; see {log}")
        request = urllib.request.Request(f"{address}/webhooks/rest/webhook", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                if json.load(reply):
                    return
        except (OSError, ValueError):
            pass  # not there yet
        time.sleep(BETWEEN_LOOKS)
    raise BenchmarkError(f"no answer from {address} within {START_TIMEOUT} s; see {log}")


def _stop(process: subprocess.Popen) -> None:
    family = _family(process.pid)
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in family:  # what the parent has left behind
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, ()))
    return found


def _proportional(pid: int) -> float:
    """Proportional set size in megabytes; 0 of a process that has just ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def timed(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    limit: float | None = None,
) -> float:
    """Seconds that a command takes; raises `BenchmarkError` if it fails.

    After ``limit`` seconds it is stopped, and TimeoutExpired raised.
    """
    began = time.monotonic()
    with log.open("a") as sink:
        done = subprocess.run(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdout=sink,
            stderr=sink,
            timeout=limit,
        )
    if done.returncode:
        raise BenchmarkError(f"{' '.join(map(str, command[:4]))} failed; see {log}")
    return time.monotonic() - began
