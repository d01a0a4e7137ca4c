"""Command line of the evaluation: measure, print, report, judge."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests

from evaluation import baselines, speed
from evaluation.assistant import running, state
from evaluation.figures import Bar, Measure, by_key, read_bars
from evaluation.report import Result, as_text, write_report
from evaluation.run import PARTS, Progress, Scored, ask, conversations, score
from evaluation.sets import SetError, load
from evaluation.traits import Traits
from myoguide.knowledge import PackError, load_pack
from myoguide.launch import LaunchError

ROOT = Path(__file__).resolve().parents[1]
REPORT = Path("docs/evaluation.md")


class GateError(ValueError):
    """A gate on the command line cannot be read; the message says what to write."""


class StateError(RuntimeError):
    """What is measured did not stay the same; the message says what to do."""


# What a person can mend; anything else is a fault of ours and keeps its traceback.
FAULTS = (SetError, GateError, StateError, PackError, LaunchError, requests.RequestException)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    os.chdir(ROOT)
    try:
        gates = None if options.fail_under is None else read_gates(options.fail_under)
        result = measure(options.only, options.quick)
    except FAULTS as error:
        sys.stderr.write(f"evaluation: {error}\n")
        return 1
    sys.stdout.write(as_text(result))
    report = options.report
    if report is None and not options.quick and options.only is None:
        report = REPORT
    if report is not None:
        write_report(result, report)
        sys.stdout.write(f"\nReport: {report}\n")
    failed = [] if gates is None else failures(result, gates, options.only is None)
    for line in failed:
        sys.stderr.write(f"evaluation: {line}\n")
    return 1 if failed else 0


def measure(only: str | None = None, quick: bool = False) -> Result:
    """Runs the assistant on the sets, then (unless ``quick``) speed, training and baselines."""
    started = time.monotonic()
    sets, pack = load(), load_pack("data")
    parts = PARTS if only is None else (only,)
    wanted = conversations(sets, parts)
    with running() as assistant:
        before = state()
        said = ask(assistant, wanted, Progress("Myoguide"))
    ours = score(sets, said, parts, Traits.from_pack(pack))
    measures: list[Measure] = []
    others: dict[str, Scored] = {}
    notes: list[str] = []
    if not quick:
        measures = speed.measures([text for texts in wanted.values() for text in texts])
        for baseline in baselines.available(pack, sets, parts):
            if baseline.respondent is None:
                notes.append(f"{baseline.name}: {baseline.note}")
                continue
            asked = conversations(sets, baseline.parts)
            answers = ask(baseline.respondent, asked, Progress(baseline.name))
            others[baseline.name] = score(sets, answers, baseline.parts)
            if baseline.note:
                notes.append(f"{baseline.name}: {baseline.note}")
    if state() != before:
        raise StateError(
            "the data, the code, the encoder or the model changed while it was measured, so the "
            "figures would belong to no one state; leave them alone and run it again"
        )
    return Result(sets, ours, others, measures, notes, time.monotonic() - started, before)


def read_gates(written: Sequence[str]) -> dict[str, Bar]:
    """Gates of ``--fail-under``: none written means every bar; else KEY=SHARE or KEY."""
    bars = read_bars()
    if not written:
        return bars
    gates = {}
    for gate in written:
        key, equals, value = gate.partition("=")
        if key not in bars:
            raise GateError(f"--fail-under {gate}: no such figure; one of {', '.join(bars)}")
        bar = bars[key]
        if equals:
            try:
                bound = float(value)
            except ValueError:
                raise GateError(f"--fail-under {gate}: write it as {key}=0.9") from None
            bar = Bar(at_least=bound) if bar.at_most is None else Bar(at_most=bound)
        gates[key] = bar
    return gates


def failures(result: Result, gates: Mapping[str, Bar], complete: bool) -> list[str]:
    """One line per gate that is not met; one not measured fails a complete run too."""
    values = {key: figure.share.value for key, figure in by_key(result.ours.all_tables).items()}
    values.update({measure.key: measure.value for measure in result.measures if measure.key})
    lines = []
    for key, bar in gates.items():
        value = values.get(key, math.nan)
        if key not in values and (not complete or key.startswith("speed.")):
            continue
        if not bar.met(value):
            lines.append(f"{key} is {value:.3f}, the gate is {bar}")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation",
        description="Start the assistant, send it every message of the evaluation sets, score "
        "what it decided, and compare with baselines.",
    )
    parser.add_argument("--only", choices=PARTS, help="measure this part alone")
    parser.add_argument(
        "--quick", action="store_true", help="without baselines, speed and training time"
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help=f"write the report there (a whole run writes {REPORT} by itself); the plots go to a "
        "folder of the same name",
    )
    parser.add_argument(
        "--fail-under",
        nargs="*",
        metavar="KEY=SHARE",
        help="exit with 1 if a figure misses its gate: the named ones, or without a name every "
        "bar of evaluation/bars.yml",
    )
    return parser
