"""How long the screen and the whole pipeline take per message, and training from nothing.

Each is measured in a process of its own, so that nothing is warm that would not be.
``python -m evaluation.speed screen|pipeline FILE`` prints the median in milliseconds for the
messages in FILE (a JSON list), on one core.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from evaluation.figures import Measure
from myoguide.launch import LaunchError

WARM_UP = ("hello there", "why does my eyelid twitch", "how do i stop hiccups")


def measures(texts: Sequence[str]) -> list[Measure]:
    """Median milliseconds of screen and pipeline over the distinct ``texts``; training seconds."""
    return [
        Measure(
            "safety screen alone, median, one core", _ask("screen", texts), "ms", "speed.screen"
        ),
        Measure(
            "message to answer inside the NLU pipeline, median, one core",
            _ask("pipeline", texts),
            "ms",
            "speed.pipeline",
        ),
        Measure("training from nothing, all cores", _training(), "s", "speed.training"),
    ]


def _ask(what: str, texts: Sequence[str]) -> float:
    sys.stderr.write(f"  speed: {what}\n")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "messages.json"
        file.write_text(json.dumps(sorted(set(texts))), encoding="utf-8")
        command = [sys.executable, "-m", "evaluation.speed", what, str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise LaunchError(f"speed of {what}: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return float(done.stdout.split()[-1])


def _training() -> float:
    """Seconds of ``rasa train`` with an empty cache, into a folder that is thrown away."""
    sys.stderr.write("  speed: training\n")
    with tempfile.TemporaryDirectory() as folder:
        rasa = str(Path(sys.executable).parent / "rasa")
        command = [rasa, "train", "--skip-validation", "--out", folder]
        started = time.monotonic()
        done = subprocess.run(
            command,
            env={**os.environ, "RASA_CACHE_DIRECTORY": str(Path(folder) / "cache")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if done.returncode:
            raise LaunchError("training from nothing failed: `make train` says why")
        return time.monotonic() - started


def screen_median(texts: Sequence[str]) -> float:
    """Milliseconds; every text is new to the screen, so its cache does not help."""
    from myoguide.safety import screen

    for text in WARM_UP:
        screen(text)
    taken = []
    for text in texts:
        started = time.perf_counter()
        screen(text)
        taken.append(time.perf_counter() - started)
    return _median(taken)


def pipeline_median(texts: Sequence[str]) -> float:
    """Milliseconds from text to decision in the trained pipeline, screen included."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    from myoguide.launch import MODEL

    configure_structlog(logging.WARNING)  # as `rasa run` does; by itself it prints every message
    agent = Agent.load(str(MODEL))

    async def timed(parse: Callable[[str], Awaitable[object]]) -> list[float]:
        for text in WARM_UP:
            await parse(text)
        taken = []
        for text in texts:
            started = time.perf_counter()
            await parse(text)
            taken.append(time.perf_counter() - started)
        return taken

    return _median(asyncio.run(timed(agent.parse_message)))


def _median(seconds: Sequence[float]) -> float:
    return statistics.median(seconds) * 1000


def _on_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main(arguments: Sequence[str]) -> int:
    what, file = arguments
    _on_one_core()
    texts = json.loads(Path(file).read_text(encoding="utf-8"))
    median = {"screen": screen_median, "pipeline": pipeline_median}[what](texts)
    sys.stdout.write(f"\n{median:.4f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
