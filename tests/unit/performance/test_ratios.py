"""The benchmark counts what it says it counts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from evaluation.figures import Bar, read_bars
from evaluation.performance import report
from evaluation.performance.__main__ import BARS
from evaluation.performance.assistants import change_one_answer
from evaluation.performance.people import percentile
from evaluation.performance.processes import (
    Assistant,
    BenchmarkError,
    Running,
    started,
    timed,
)
from evaluation.performance.report import Result
from evaluation.performance.stages import Clock

# Answers like Rasa's REST channel once a child of it, in a session of its own, holds 40 MB.
SERVER = """
import http.server, subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-c", "x = b'x' * (40 << 20); print(1, flush=True); input()"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'[{"text": "hello"}]')
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def result(ours: list[float], stock: list[float], key: str = "rest.p50") -> Result:
    return Result({key: ours}, {key: stock})


def test_ratios_are_taken_within_a_round():
    # Between the rounds the machine became ten times slower; the ratio did not.
    assert result([1, 10], [4, 40]).ratios("rest.p50") == [0.25, 0.25]


def test_the_median_of_the_rounds_is_what_the_bar_judges():
    bars = {"rest.p50": Bar(at_most=0.35)}
    assert report.failures(result([3, 3, 9], [10, 10, 10]), bars, 1) == []
    (line,) = report.failures(result([3, 9, 9], [10, 10, 10]), bars, 1)
    assert "rest.p50" in line and "0.90" in line


@pytest.mark.parametrize("key, bar", [("rest.p50", Bar(at_most=1)), ("throughput.8", Bar(1))])
def test_room_for_noise_widens_a_bar_to_its_own_side(key, bar):
    a_fifth_worse = [1.15] if bar.at_most else [1 / 1.15]
    measured = result(a_fifth_worse, [1.0], key)
    assert report.failures(measured, {key: bar}, 1)
    assert report.failures(measured, {key: bar}, 1.2) == []


def test_what_was_not_measured_is_neither_met_nor_failed():
    bars = read_bars(BARS)
    assert report.failures(Result(), bars, 1) == []
    rows = report.table(result([1], []), bars)
    assert "not measured" in rows[1]


def test_every_bar_belongs_to_a_figure_of_the_report():
    assert set(read_bars(BARS)) <= {*report.ROWS, *report.ALONE}


def test_the_page_holds_every_figure_and_its_plots(tmp_path: Path):
    measured = result([2.0, 3.0], [10.0, 10.0])
    measured.stages = {"SafetyScreen": 1.0, "saving the conversation": 3.0}
    report.write(measured, read_bars(BARS), tmp_path / "performance.md")
    page = (tmp_path / "performance.md").read_text()
    assert "0.25 (0.20-0.30)" in page and "| saving the conversation | 3.00 | 75% |" in page
    for name in ("ratios.svg", "stages.svg"):
        assert "<svg" in (tmp_path / "performance" / name).read_text()


def test_percentiles_are_values_that_were_measured():
    assert percentile(list(range(100)), 0.5) == 50
    assert percentile(list(range(100)), 0.99) == 99
    assert percentile([7.0], 0.99) == 7.0


def test_a_stage_is_not_charged_for_the_stage_inside_it():
    class Reply:
        async def whole(self) -> None:
            _spend(0.03)
            self.inside()

        def inside(self) -> None:
            _spend(0.09)

    clock = Clock()
    clock.wrap(Reply, "whole", lambda *_: "outer")
    clock.wrap(Reply, "inside", lambda *_: "inner")
    asyncio.run(Reply().whole())
    assert clock.taken["inner"] >= 0.09
    assert 0.03 <= clock.taken["outer"] < clock.taken["inner"]


def _spend(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_one_answer_of_a_topic_is_changed_and_nothing_else(tmp_path: Path):
    file = tmp_path / "sleep.yml"
    before = Path("data/topics/sleep.yml").read_text(encoding="utf-8")
    file.write_text(before, encoding="utf-8")
    change_one_answer(file)
    old, new = yaml.safe_load(before), yaml.safe_load(file.read_text(encoding="utf-8"))
    changed = [
        name for name in old["responses"] if old["responses"][name] != new["responses"][name]
    ]
    assert len(changed) == 1 and old["nlu"] == new["nlu"]


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    return Assistant("test", (sys.executable, "-c", SERVER, "{port}"), tmp_path, ("hello",))


def test_memory_counts_the_processes_that_an_assistant_starts(assistant, tmp_path):
    with started(assistant, tmp_path / "log") as running:
        assert 0 < running.cold_start < 60
        alone = Running(assistant, running.port, _child_of(running.pid), 0).memory()
        assert 40 < alone < running.memory()


def test_nothing_of_an_assistant_is_left_when_it_was_stopped(assistant, tmp_path):
    with started(assistant, tmp_path / "log") as running:
        child = _child_of(running.pid)
    for pid in (running.pid, child):
        state = Path(f"/proc/{pid}/stat")
        deadline = time.monotonic() + 10  # the kernel may take a moment to end it
        while state.exists() and ") Z " not in state.read_text():
            assert time.monotonic() < deadline


def test_an_assistant_that_dies_at_start_is_said_at_once_with_its_log(tmp_path):
    broken = Assistant("broken", (sys.executable, "-c", "1/0"), tmp_path, ("hello",))
    with pytest.raises(BenchmarkError, match="did not start"), started(broken, tmp_path / "log"):
        pass


def _child_of(pid: int) -> int:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=True)
    return int(found.stdout.split()[0])


def test_a_command_that_takes_too_long_is_stopped(tmp_path):
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        timed(command, tmp_path, os.environ, tmp_path / "log", 0.2)
    assert time.monotonic() - began < 10
