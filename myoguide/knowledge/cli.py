"""The command line of the knowledge room: ``python -m myoguide.knowledge check``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

from myoguide.knowledge.checks import check_folder
from myoguide.knowledge.fault import Fault
from myoguide.knowledge.pack import Pack


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 1 when there is something to mend."""
    options = _parser().parse_args(arguments)
    pack, faults = check_folder(options.data, options.today, options.sets)
    if options.only:
        chosen = {file.resolve() for file in options.only}
        faults = [fault for fault in faults if fault.file.resolve() in chosen]
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    sys.stdout.write(_summary(pack, faults) + "\n")
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m myoguide.knowledge", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="check")
    check = commands.add_parser("check", help="name every fault of the content pack")
    check.add_argument("--data", type=Path, default=Path("data"), help="the pack's folder")
    check.add_argument("--today", type=date.fromisoformat, default=date.today(), help="YYYY-MM-DD")
    check.add_argument(
        "--sets", type=Path, default=Path("evaluation", "sets"), help="folder of evaluation sets"
    )
    check.add_argument("--only", type=Path, nargs="+", help="tell the faults of these files only")
    return parser


def _summary(pack: Pack, faults: list[Fault]) -> str:
    held = ", ".join(
        (
            _count(pack.topics, "topic"),
            _count(pack.answers, "answer"),
            _count(pack.questions, "question"),
            _count(pack.claims, "claim"),
        )
    )
    if not faults:
        return f"No faults in {held}."
    files = {fault.file for fault in faults}
    return f"{_count(faults, 'fault')} in {_count(files, 'file')} ({held})."


def _count(things: Collection[object], name: str) -> str:
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")
