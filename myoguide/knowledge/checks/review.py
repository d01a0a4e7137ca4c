"""Every answer was reviewed, by somebody, not too long ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from myoguide.knowledge.fault import Fault
from myoguide.knowledge.pack import Answer, Pack


def reviews_are_recent(pack: Pack, today: date) -> Iterator[Fault]:
    """A review that is missing, unsigned, unreadable, in the future or older than a year."""
    for answer in pack.answers.values():
        line = answer.reviewed.line if answer.reviewed else answer.line
        for reason, remedy in _slips(answer, today):
            yield Fault(answer.file, line, f"{answer.name}: {reason}", remedy)


def _slips(answer: Answer, today: date) -> Iterator[tuple[str, str]]:
    if not answer.reviewer:
        yield "nobody is named as reviewer", "Add 'reviewer', with the honest value"
    if answer.reviewed is None:
        yield "it has no review date", "Add 'reviewed: \"YYYY-MM-DD\"'"
        return
    if not answer.reviewed.quoted:
        yield "the review date is not quoted, so training would fail", "Put it in double quotes"
    try:
        reviewed = date.fromisoformat(answer.reviewed)
    except ValueError:
        yield f"'{answer.reviewed}' is not a date", "Write it as YYYY-MM-DD"
        return
    if reviewed > today:
        yield f"the review date {reviewed} lies in the future", "Write when it was reviewed"
    elif reviewed < _a_year_before(today):
        yield f"it was last reviewed on {reviewed}", "Review it again and set the date"


def _a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
