"""``python -m evaluation.performance``: what `make benchmark` calls."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evaluation.figures import Bar, read_bars
from evaluation.performance import assistants, report
from evaluation.performance.people import Load, measure
from evaluation.performance.processes import Assistant, BenchmarkError, started, timed
from evaluation.performance.report import Result
from myoguide.launch import LaunchError, train_if_changed

BARS = Path(__file__).parent / "bars.yml"
REPORT = Path("docs/performance.md")
WHOLE = Load(400, 100, 12, (8, 32), 200, 2000)
QUICK = Load(100, 20, 5, (8,), 60, 0)
ROUNDS, QUICK_ROUNDS = 5, 2
# The stock assistant's training is stopped when ours has taken less than this part of the bar's
# share of it: by then the bar is met, whatever the whole would take.
ENOUGH = 0.9
STAGE_MESSAGES = 100


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    os.chdir(assistants.ROOT)
    assistants.WORK.mkdir(parents=True, exist_ok=True)
    try:
        bars = read_bars(BARS)
        result = run(options, bars)
    except (BenchmarkError, LaunchError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"benchmark: {error}\n")
        return 1
    sys.stdout.write(f"\n{result.about}\n\n{report.as_text(report.table(result, bars))}\n")
    for note in result.notes:
        sys.stdout.write(f"- {note}\n")
    if options.report or not options.quick:
        report.write(result, bars, options.report or REPORT)
        sys.stdout.write(f"\nReport: {options.report or REPORT}\n")
    failed = report.failures(result, bars, options.room) if options.room else []
    for line in failed:
        sys.stderr.write(f"benchmark: {line}\n")
    return 1 if failed else 0


def run(options: argparse.Namespace, bars: Mapping[str, Bar]) -> Result:
    """Builds both, lets them take turns, then measures training and stages."""
    result, began = Result(), time.monotonic()
    load = QUICK if options.quick else WHOLE
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    train_if_changed()
    for number in range(rounds):
        # Who begins changes, so that neither always meets the warmer machine.
        sides = ("stock", "ours") if number % 2 == 0 else ("ours", "stock")
        for side in sides:
            _say(f"round {number + 1} of {rounds}: {side}")
            build = assistants.ours if side == "ours" else assistants.stock
            result.add(side, _round(build, load))
    if "training" not in options.without:
        _trainings(result, options.quick, bars["training.nothing"].at_most)
    if not options.quick:
        _say("stages")
        result.stages = _stages()
    minutes = (time.monotonic() - began) / 60
    result.about = (
        f"{rounds} rounds, {load.messages} messages a round over REST and {load.socket_messages} "
        f"over the socket, conversations of {load.long} messages; {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, {minutes:.0f} minutes, load of the machine at the end "
        f"{os.getloadavg()[1]:.1f}."
    )
    return result


def _round(build: Callable[[Path], Assistant], load: Load) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        assistant = build(Path(name))
        log = assistants.WORK / f"{assistant.name}.log"
        with started(assistant, log) as running:
            return measure(running, load)


def _trainings(result: Result, quick: bool, share: float) -> None:
    """``share``: at most so much of the stock assistant's time should ours take."""
    _say("training: Myoguide")
    with tempfile.TemporaryDirectory() as name:
        taken = assistants.training(Path(name))
    result.add("ours", taken)
    if quick:
        return
    limit = taken["training.nothing"] / (ENOUGH * share)
    _say(f"training: stock, at most {limit / 60:.0f} minutes")
    with tempfile.TemporaryDirectory() as name:
        seconds, ended = assistants.stock_training(Path(name), limit)
    result.add("stock", {"training.nothing": seconds})
    if not ended:
        result.notes.append(
            "Training of the stock assistant (its NLU pipeline alone, on Myoguide's examples) was "
            f"stopped after {seconds:.0f} s, long before its end: the true ratio is lower."
        )


def _stages() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        assistant = assistants.ours(folder)
        file, output = folder / "messages.json", folder / "stages.txt"
        file.write_text(json.dumps(assistant.texts[:STAGE_MESSAGES]), encoding="utf-8")
        environment = {**os.environ, **assistant.environment}
        command = [sys.executable, "-m", "evaluation.performance.stages", str(file)]
        timed(command, assistants.ROOT, environment, output)
        return json.loads(output.read_text(encoding="utf-8").strip().splitlines()[-1])


def _say(text: str) -> None:
    sys.stderr.write(f"  {text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluation.performance", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="minutes, fewer messages; for CI")
    parser.add_argument("--rounds", type=int, help="how often both take their turn")
    parser.add_argument(
        "--without", nargs="*", default=[], choices=("training",), help="leave this out"
    )
    parser.add_argument(
        "--room",
        type=float,
        metavar="FACTOR",
        help="exit with 1 if a bar of evaluation/performance/bars.yml is missed by more than this "
        "factor (1.2: a fifth of room for noise)",
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help=f"instead of {REPORT}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
