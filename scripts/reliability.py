"""Writes docs/reliability.md from the figures that tests/faults has left."""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "var" / "reliability"
REPORT = ROOT / "docs" / "reliability.md"
# Where nobody may mount a small file system there are no figures of a full disk.
FULL_DISK = "PostgreSQL's disk full"
ORDER = (
    "none",
    "one server killed",
    "action server killed",
    "action server hangs",
    "PostgreSQL restarted",
    "PostgreSQL hangs",
    FULL_DISK,
    "Redis restarted",
    "Redis hangs",
    "broken model sent",
)
HEAD = """# What happens when something breaks

Written by `make faults` on {day} ({cores} cores, {system}); do not edit. Two servers behind \
`deploy/proxy`'s own nginx file share a real PostgreSQL and Redis. In each run {people} people \
talk at the same time, half of them over REST, half over the socket, each with an address of \
their own; each says {each} messages, the last of them an emergency. When about a third is said, \
the fault comes; what hangs or is full stays so until nine tenths are said. A message that is not \
acknowledged is sent again with its id, as the widget does. Afterwards what everybody said is \
compared with what the database holds.

| fault | messages | lost | answered twice | out of order | in a wrong conversation \
| emergencies answered | told "not now" | sent again | median wait | longest wait |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
TAIL = """
{missing}*Told "not now"*: the safe reply (that nothing can be answered just now, with the \
emergency number) in the place of an answer; such a message is acknowledged and kept. *Hangs*: \
takes connections and never answers (SIGSTOP); an action server is waited for {action_limit:.0f} \
s, a database {store_limit:.0f} s and then by nobody until it has answered. *Wait*: from the first \
attempt to the acknowledgement, on a machine that runs the servers, both databases, the proxy and \
all people at once: read it as what a fault costs beside the first line, not as speed \
([performance.md](performance.md) measures that).

## An hour of messages

{messages:,} messages of {persons:,} people, as one a second for more than an hour, sent to one \
server as fast as it answers, four fifths over REST, the rest over the socket. The server's memory \
after each quarter: {megabytes} MB. The test fails when the last is more than {bar:.0f} MB above \
the first.

## What else is tested

`tests/faults` also shows, each on real servers: while PostgreSQL is away or hangs people are \
answered and nothing they said is lost; a conversation whose past cannot be read gets the safe \
reply, an emergency its own; without Redis every message is answered once and in its order; \
SQLite on a full disk; a server that is started with a broken model stops and says why, and one \
that is sent a broken model goes on with the one it has; logs at every level hold no text; and the \
fuzz: random requests, bodies, HTTP, socket events and frames on every entry, and signed webhooks \
of each messenger with anything in the place of anything: no 500, no trace outside.

## What is not promised

- A message that was **not** acknowledged may be lost; the widget and whoever sends an `id` send \
it again. Messages over REST without an `id` that are sent again are second messages.
- If the database is away **and** a server is killed before it is back, turns that this server \
kept in memory meanwhile are lost. They were answered.
- If Redis is away, two messages of one person that arrive at two servers at the same moment may \
be answered side by side; the proxy sends one person's messages to one server.
- A server that hangs without ending keeps its people waiting until its probes have it restarted \
(Kubernetes: about a minute); Docker Compose restarts what ends, not what hangs.
"""


def row(figures: dict[str, Any]) -> str:
    answered = f"{figures['emergencies_answered']} of {figures['emergencies']}"
    cells = (
        figures["fault"],
        figures["messages"],
        figures["lost"],
        figures["doubled"],
        figures["out_of_order"],
        figures["mixed"],
        answered,
        figures["refused"],
        figures["sent_again"],
        f"{figures['median_wait']:.1f} s",
        f"{figures['longest_wait']:.1f} s",
    )
    return f"| {' | '.join(map(str, cells))} |"


def report(faults: list[dict[str, Any]], memory: dict[str, Any]) -> str:
    """The whole page; KeyError if a fault was not run."""
    from myoguide.action_server import TIME_LIMIT
    from myoguide.store import LONGEST_WORK

    by_fault = {figures["fault"]: figures for figures in faults}
    first = by_fault[ORDER[0]]
    head = HEAD.format(
        day=date.today().isoformat(),
        cores=os.cpu_count(),
        system=platform.system(),
        people=first["emergencies"],
        each=first["messages"] // first["emergencies"],
    )
    was_run = [fault for fault in ORDER if fault in by_fault or fault != FULL_DISK]
    missing = "" if FULL_DISK in by_fault else "*PostgreSQL's disk full*: not run on this machine. "
    tail = TAIL.format(
        missing=missing,
        action_limit=TIME_LIMIT,
        store_limit=LONGEST_WORK,
        messages=memory["messages"],
        persons=memory["people"],
        megabytes=", ".join(f"{megabytes:.0f}" for megabytes in memory["megabytes"]),
        bar=memory["bar"],
    )
    return head + "\n".join(row(by_fault[fault]) for fault in was_run) + "\n" + tail


def main() -> int:
    found = {path.stem: json.loads(path.read_text()) for path in sorted(FIGURES.glob("*.json"))}
    try:
        memory = found.pop("memory")
        text = report(list(found.values()), memory)
    except KeyError as missing:
        print(f"reliability: no figures of {missing}: run scripts/fault-tests.sh", file=sys.stderr)
        return 1
    REPORT.write_text(text, encoding="utf-8")
    print(f"Written: {REPORT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
