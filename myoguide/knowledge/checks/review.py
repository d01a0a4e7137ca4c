"""Every answer was reviewed, by somebody, not too long ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from myoguide.knowledge.fault import Fault
from myoguide.knowledge.marked import Text
from myoguide.knowledge.pack import Pack


def reviews_are_recent(pack: Pack, today: date) -> Iterator[Fault]:
    """A review that is unreadable, in the future or older than a year.

    Answers must have one, signed; dialogue need not, but what it has must be sound.
    """
    for answer in pack.answers.values():
        if not answer.reviewer:
            reason = f"{answer.name}: nobody is named as reviewer"
            remedy = "Add 'reviewer', with the honest value"
            yield Fault(answer.file, answer.line, reason, remedy)
        if not answer.reviewed:
            reason = f"{answer.name}: it has no review date"
            yield Fault(answer.file, answer.line, reason, "Add 'reviewed: \"YYYY-MM-DD\"'")
    for reply in (*pack.answers.values(), *pack.replies):
        if reply.reviewed:
            for reason, remedy in _slips(reply.reviewed, today):
                yield Fault(reply.file, reply.reviewed.line, f"{reply.name}: {reason}", remedy)


def _slips(written: Text, today: date) -> Iterator[tuple[str, str]]:
    if not written.quoted:
        yield "the review date is not quoted, so training would fail", "Put it in double quotes"
    try:
        reviewed = date.fromisoformat(written)
    except ValueError:
        yield f"'{written}' is not a date", "Write it as YYYY-MM-DD"
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
