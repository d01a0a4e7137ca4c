"""What `make run` starts: who reaches it, and how long it may take to stop."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from myoguide import launch
from myoguide.operations.stop import STOP_VARIABLE

# A server that needs 0.5 s to finish what was begun, or never ends.
SERVER = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep({seconds}), sys.exit(0)))
print("ready", flush=True)
while True:
    signal.pause()
"""


def stopped(seconds: float, may_take: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a server that needs so long to stop."""
    monkeypatch.setenv(STOP_VARIABLE, may_take)
    monkeypatch.setattr(launch, "CLOSING", 0.2)
    command = [sys.executable, "-S", "-c", SERVER.format(seconds=seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
    launch._stop(process)
    return process.wait()


def test_a_server_that_finishes_in_time_is_not_killed(monkeypatch):
    assert stopped(0.5, "20", monkeypatch) == 0


def test_a_server_that_does_not_finish_is_killed(monkeypatch):
    assert stopped(600, "0.1", monkeypatch) == -signal.SIGKILL


def test_a_time_that_is_none_is_told_before_anything_starts(monkeypatch, capsys):
    monkeypatch.setenv(STOP_VARIABLE, "soon")
    assert launch.main(["run"]) == 1
    assert capsys.readouterr().err.startswith("myoguide: MYOGUIDE_STOP_SECONDS is 'soon'")
