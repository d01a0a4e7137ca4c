"""The command: reads the database, writes the page, prints the summary."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from myoguide.database import Away, database, url_from_environment
from myoguide.insights.figures import figures, read
from myoguide.insights.page import page
from myoguide.insights.summary import summary
from myoguide.knowledge import load_pack

DEFAULT_PAGE = Path("var") / "insights" / "index.html"
DEFAULT_DAYS = 30
MOST_DAYS = 3660


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m myoguide.insights",
        description="What people asked, which answers did not help, what was not understood and "
        "which signs were told of, from the counts in the database (MYOGUIDE_DATABASE_URL). "
        "Nothing in it tells of a single person; counts under 5 are shown as <5.",
    )
    parser.add_argument(
        "--since",
        type=since,
        default=f"{DEFAULT_DAYS}d",
        metavar="DAY",
        help="first day (UTC), as 2026-10-01, or how many days to look back, as 90d "
        f"(default: {DEFAULT_DAYS}d)",
    )
    parser.add_argument(
        "--page", type=Path, default=DEFAULT_PAGE, help=f"the page to write ({DEFAULT_PAGE})"
    )
    given = parser.parse_args(arguments)
    try:
        found = read(database(url_from_environment()), given.since)
    except Away:
        print("insights: the database cannot be read (MYOGUIDE_DATABASE_URL)", file=sys.stderr)
        return 1
    labels = {name: answer.label for name, answer in load_pack("data").answers.items()}
    shown = figures(found, given.since, today(), labels)
    given.page.parent.mkdir(parents=True, exist_ok=True)
    given.page.write_text(page(shown), encoding="utf-8")
    print(summary(shown))
    print(f"\nAs a page, with plots: {given.page}")
    return 0


def since(written: str) -> date:
    """The first day of a period; argparse reports what is wrong."""
    if match := re.fullmatch(r"(\d{1,4})d", written):
        days = int(match[1])
        if 1 <= days <= MOST_DAYS:
            return today() - timedelta(days=days - 1)
    else:
        try:
            day = date.fromisoformat(written)
        except ValueError:
            day = None
        if day is not None and today() - timedelta(days=MOST_DAYS) <= day <= today():
            return day
    raise argparse.ArgumentTypeError(
        f"{written!r} is neither a day of the last ten years, as 2026-10-01, nor days, as 90d"
    )


def today() -> date:
    return datetime.now(timezone.utc).date()
