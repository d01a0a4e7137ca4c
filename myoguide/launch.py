"""Trains when the data changed, starts what the assistant needs, stops all of it on Ctrl-C."""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from myoguide import terminal
from myoguide.channels import accounts
from myoguide.operations.stop import CLOSING, stop_seconds

MODEL = Path("models") / "assistant.tar.gz"
STAMP = Path("models") / "assistant.sha"
LOGS = Path("var") / "log"
# What the trained model depends on.
TRAINED_FROM = ("config.yml", "domain.yml", "data", "myoguide/nlu", "myoguide/safety")
PORT = 5005
START_TIMEOUT = 180  # seconds


class LaunchError(RuntimeError):
    """Something is missing; the message is one line and says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="myoguide", description="Run, talk to or train the assistant."
    )
    parser.add_argument(
        "command",
        choices=("run", "shell", "train"),
        help="run: serve it over HTTP; shell: talk to it here; train: train if the data changed",
    )
    command = parser.parse_args(arguments).command
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    try:
        if command != "train":
            accounts.check(os.environ)
            _require_stop_seconds()
        train_if_changed()
        if command == "run":
            run()
        elif command == "shell":
            shell()
    except (LaunchError, accounts.AccountError) as error:
        print(f"myoguide: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


# --- training


def fingerprint() -> str:
    """SHA-256 over everything the trained model depends on."""
    digest = hashlib.sha256()
    for name in TRAINED_FROM:
        path = Path(name)
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and file.suffix in (".yml", ".py", ".txt", ".npz"):
                digest.update(f"{file}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def train_if_changed() -> None:
    """Trains unless the model was trained from exactly these files."""
    wanted = fingerprint()
    if MODEL.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("Training (the data changed; about two minutes) ...", flush=True)
    started = time.monotonic()
    command = [_tool("rasa"), "train", "--skip-validation", "--fixed-model-name", MODEL.name[:-7]]
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "train.log"
    with log.open("w") as sink:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            sink.write(line)
            if "Starting to train component" in line or "Restored component" in line:
                name = line.split("'")[1].rsplit(".", 1)[-1]
                print(f"  {time.monotonic() - started:4.0f} s  {name}", flush=True)
    if process.wait() != 0 or not MODEL.exists():
        raise LaunchError(f"training failed: {_last_error(log)} (whole log: {log})")
    STAMP.write_text(wanted)
    print(f"Trained in {time.monotonic() - started:.0f} s.", flush=True)


def _last_error(log: Path) -> str:
    """The line of the log that says what is wrong."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line or "Exception" in line or "rror:" in line]
    return (errors or lines or ["no output"])[-1][:300]


# --- running


def run() -> None:
    """Serves until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    port = _port("MYOGUIDE_PORT", PORT)
    with services(port) as server:
        address = f"http://localhost:{port}"
        print(
            f"\nMyoguide is ready: open {address}/chat\n"
            f"  REST: curl -s {address}/webhooks/rest/webhook "
            '-d \'{"sender": "me", "message": "why do i twitch falling asleep"}\'\n'
            f"  logs: {LOGS}/    stop: Ctrl-C",
            flush=True,
        )
        while server.poll() is None:
            time.sleep(0.5)
        raise LaunchError(f"the server stopped by itself: {_last_error(LOGS / 'server.log')}")


def shell() -> None:
    """The assistant in this terminal."""
    port = free_port()
    with services(port):
        print("Type your question, or the number of a choice. Stop with /stop or Ctrl-C.")
        terminal.talk(f"http://127.0.0.1:{port}")


@contextmanager
def services(port: int) -> Iterator[subprocess.Popen]:
    """The Rasa server, ready; the actions run in it unless MYOGUIDE_ACTIONS_URL names others."""
    _require_free(port, "MYOGUIDE_PORT")
    _require_known_country()
    command = [_tool("rasa"), "run", "--model", str(MODEL), "--port", str(port)]
    token = os.environ.get("MYOGUIDE_API_TOKEN")
    if token:
        command += ["--enable-api", "--auth-token", token]
    print("Starting ...", flush=True)
    with _process(command, "server.log") as server:
        _wait(f"http://127.0.0.1:{port}/webhooks/rest/", server, "server.log")
        yield server


@contextmanager
def _process(command: Sequence[str], log: str) -> Iterator[subprocess.Popen]:
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / log).open("w") as sink:
        # Its own session: Ctrl-C reaches us alone, and we stop everything in order.
        process = subprocess.Popen(
            command,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: subprocess.Popen) -> None:
    """In good order: killed only if it takes longer than what it may take to finish."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=stop_seconds() + CLOSING)
            return
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


def _wait(address: str, process: subprocess.Popen, log: str) -> None:
    """Returns when the address answers; says why when it does not."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LaunchError(
                f"the server did not start: {_last_error(LOGS / log)} (whole log: {LOGS / log})"
            )
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise LaunchError(f"no answer from {address} within {START_TIMEOUT} s (log: {LOGS / log})")


def _port(variable: str, default: int) -> int:
    value = os.environ.get(variable, str(default))
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise LaunchError(f"{variable} is {value!r}, not a port number: set it to 1 to 65535")
    return int(value)


def _require_free(port: int, variable: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            raise LaunchError(
                f"port {port} is in use: stop what listens there, or choose another with "
                f"{variable}={port + 1} make run"
            ) from None


def _require_stop_seconds() -> None:
    try:
        stop_seconds()
    except ValueError as error:
        raise LaunchError(str(error)) from None


def _require_known_country() -> None:
    if not os.environ.get("MYOGUIDE_COUNTRY"):
        return
    # Not at the top: reading the tables takes time that every other start can spare.
    from myoguide.safety.contacts import site_country

    try:
        site_country()
    except ValueError as error:
        raise LaunchError(str(error)) from None


def free_port() -> int:
    """A port for a server that is to start soon.

    Below the range from which the system takes ports of outgoing connections: one of those could
    take it before the server does.
    """
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("0.0.0.0", port))
            return port
    raise LaunchError("100 ports between 20000 and 32000 are in use: stop what listens there")


def _tool(name: str) -> str:
    """A command of this environment, whether or not it is activated."""
    return str(Path(sys.executable).parent / name)
