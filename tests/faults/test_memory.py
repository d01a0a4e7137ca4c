"""An hour's worth of messages, one a second, in a few minutes: the server's memory does not grow.

The figures go to ``var/reliability``; `make faults` writes them into docs/reliability.md.
"""

from __future__ import annotations

import asyncio
import json
import re
from itertools import count
from pathlib import Path

from load import EMERGENCY, QUESTION, OverRest, OverSocket
from servers import FIGURES, Server

# An hour has 3,600 seconds.
MESSAGES, EACH, AT_ONCE = 4000, 4, 8
# Looked at after each quarter. The first fills what is kept for speed and for the time that the
# database may be away (`myoguide.store.MOST_HELD` conversations).
QUARTER = MESSAGES // 4
# Every so many-th person talks over the socket.
OVER_SOCKET = 5
MOST_GROWTH = 15.0  # megabytes from the first look to the last
TEXTS = (QUESTION, "and in babies?", "my leg jerks when i rest", "/ask", "qwrtz plomf", EMERGENCY)


def resident(server: Server) -> float:
    """Megabytes of memory of its process."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def test_memory_does_not_grow_over_an_hours_worth_of_messages(shared):
    """Each person is another one, so that whatever is kept of one would show."""
    server = shared.servers[1]
    secret = shared.environment["MYOGUIDE_SECRET"]
    people = count()

    async def one_after_another(until: int) -> None:
        while (number := next(people)) < until:
            is_socket = number % OVER_SOCKET == 0
            talker = OverSocket(server, secret) if is_socket else OverRest(server)
            await talker.open()
            for turn in range(EACH):
                said = await talker.say(TEXTS[(number + turn) % len(TEXTS)])
                assert said.attempts == 1
            await talker.close()

    async def talk(until: int) -> None:
        await asyncio.gather(*(one_after_another(until) for _ in range(AT_ONCE)))

    seen = []
    for quarter in range(1, 5):
        people = count((quarter - 1) * QUARTER // EACH)
        asyncio.run(talk(quarter * QUARTER // EACH))
        seen.append(round(resident(server), 1))
    FIGURES.mkdir(parents=True, exist_ok=True)
    figures = {
        "messages": MESSAGES,
        "people": MESSAGES // EACH,
        "bar": MOST_GROWTH,
        "megabytes": seen,
    }
    (FIGURES / "memory.json").write_text(json.dumps(figures))
    assert seen[-1] - seen[0] < MOST_GROWTH, seen
