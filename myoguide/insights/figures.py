"""From counts in the database to figures that may be shown. Days are those of UTC.

A count under `FEWEST` is never shown, nor its place among others: one message more or less could
be somebody's who is known to have been here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

import sqlalchemy as sa

from myoguide.database import Database, feedback_counts, turn_counts
from myoguide.insights.not_understood import Kept, kept_since

FEWEST = 5
MOST_ROWS = 20
# How many topics and signs are also shown over time.
MOST_COURSES = 6
# Longer periods are shown by week.
MOST_DAYS = 62
DAY = 86_400  # seconds
ESCALATED = ("escalated_emergency", "escalated_urgent", "escalated_routine")
# What the plots over time show: statuses that belong together, and the name they get.
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "Answered": ("answered", "clarified"),
    "Self-check": ("self_check",),
    "Small talk": ("small_talk",),
    "Not covered": ("not_covered",),
    "Not understood": ("not_understood",),
    "Emergency": ("escalated_emergency",),
    "Urgent": ("escalated_urgent",),
    "Routine advice": ("escalated_routine",),
    "Failed safe": ("failed_safe",),
}


@dataclass(frozen=True)
class Turn:
    """How often turns of one kind ended in one hour (``turn_counts``)."""

    day: date
    status: str
    topic: str
    aspect: str
    sign: str
    answer: str
    helpful: str
    count: int


@dataclass(frozen=True)
class Found:
    """What the database has of the period; reasons are of all time."""

    turns: tuple[Turn, ...]
    reasons: Mapping[tuple[str, str], int]
    kept: tuple[Kept, ...] | None


@dataclass(frozen=True)
class Row:
    """One line of a list; ``count`` may only be shown by `told` and `drawn`."""

    name: str
    count: int

    @property
    def is_small(self) -> bool:
        return 0 < self.count < FEWEST

    @property
    def told(self) -> str:
        return f"<{FEWEST}" if self.is_small else f"{self.count:,}"

    @property
    def drawn(self) -> int:
        """Length of its bar: a small count is as long as the smallest that is shown."""
        return FEWEST if self.is_small else self.count


@dataclass(frozen=True)
class Judged:
    """How an answer was rated; ``reasons`` are of all time."""

    name: str
    unhelpful: Row
    helpful: Row
    reasons: tuple[Row, ...]


@dataclass(frozen=True)
class Course:
    """One kind of turn over time: a row for each period of ``Figures.periods``."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Figures:
    """What the page and the summary show; lists begin with the most frequent."""

    since: date
    until: date
    messages: str
    by_week: bool
    periods: tuple[date, ...]
    outcomes: tuple[Row, ...]
    courses: tuple[Course, ...]
    topics: tuple[Row, ...]
    topic_courses: tuple[Course, ...]
    questions: tuple[Row, ...]
    judged: tuple[Judged, ...]
    unhelpful_course: Course | None
    signs: tuple[tuple[str, Row], ...]
    sign_courses: tuple[Course, ...]
    not_understood: tuple[tuple[str, Row], ...] | None

    @property
    def is_empty(self) -> bool:
        return not (self.outcomes or self.judged or self.not_understood)

    @property
    def unhelpful(self) -> tuple[Row, ...]:
        return tuple(Row(one.name, one.unhelpful.count) for one in self.judged)

    def signs_of(self, level: str) -> tuple[Row, ...]:
        return tuple(row for of, row in self.signs if of == level)


def read(source: Database, since: date) -> Found:
    """All counts from ``since`` on; `myoguide.database.Away` if they cannot be had."""
    first = int(datetime(since.year, since.month, since.day, tzinfo=timezone.utc).timestamp())

    def work(connection: sa.engine.Connection) -> Found:
        chosen = sa.select(turn_counts).where(turn_counts.c.hour >= first)
        turns = tuple(
            Turn(
                day=datetime.fromtimestamp(row.hour, timezone.utc).date(),
                status=row.status,
                topic=row.topic,
                aspect=row.aspect,
                sign=row.sign,
                answer=row.answer,
                helpful=row.helpful,
                count=row["count"],
            )
            for row in connection.execute(chosen).mappings().all()
        )
        reasons: Counter[tuple[str, str]] = Counter()
        for row in connection.execute(sa.select(feedback_counts)).mappings():
            if row["helpful"] == "no" and row["reason"] and row["count"] > 0:
                reasons[row["answer"], row["reason"]] += row["count"]
        return Found(turns, reasons, kept_since(connection, since))

    return source.run(work)


def figures(found: Found, since: date, until: date, labels: Mapping[str, str]) -> Figures:
    """``labels``: how an answer's question is worded, by its name ("sleep.cause")."""
    # A rating of an answer is no message of its own.
    turns = [turn for turn in found.turns if turn.status and not turn.answer]
    by_week = (until - since).days + 1 > MOST_DAYS
    periods = _periods(since, until, by_week)
    names = {status: name for name, statuses in OUTCOMES.items() for status in statuses}
    outcome = [names.get(turn.status, "Other") for turn in turns]
    answered = [turn for turn in turns if turn.topic and turn.status in ("answered", *ESCALATED)]
    topics = [_plain(turn.topic) for turn in answered]
    escalated = [turn for turn in turns if turn.status in ESCALATED and turn.sign]
    signs = [_plain(turn.sign) for turn in escalated]
    unhelpful = [turn for turn in found.turns if turn.answer and turn.helpful == "no"]
    rated = _courses(unhelpful, ["Rated unhelpful"] * len(unhelpful), periods, by_week)
    return Figures(
        since=since,
        until=until,
        messages=_about(sum(turn.count for turn in turns)),
        by_week=by_week,
        periods=periods,
        outcomes=_ranked(_sum(turns, outcome)),
        courses=tuple(
            Course(name, _over_time([t for t in turns if t.status in statuses], periods, by_week))
            for name, statuses in OUTCOMES.items()
            if any(turn.status in statuses for turn in turns)
        ),
        topics=_ranked(_sum(answered, topics))[:MOST_ROWS],
        topic_courses=_courses(answered, topics, periods, by_week),
        questions=_ranked(_sum(answered, [_question(turn, labels) for turn in answered]))[
            :MOST_ROWS
        ],
        judged=_judged(found, labels),
        unhelpful_course=rated[0] if rated else None,
        signs=_signs(turns),
        sign_courses=_courses(escalated, signs, periods, by_week),
        not_understood=_not_understood(found.kept),
    )


def _about(number: int) -> str:
    """A total, too coarse to work out from it a count that is not shown."""
    if number == 0:
        return "0"
    return "fewer than 10" if number < 10 else f"about {round(number, -1):,}"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _question(turn: Turn, labels: Mapping[str, str]) -> str:
    name = f"{turn.topic}.{turn.aspect}"
    return labels.get(name, f"{_plain(turn.topic)}: {_plain(turn.aspect) or 'not said what'}")


def _sum(turns: Sequence[Turn], names: Iterable[str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for turn, name in zip(turns, names, strict=True):
        counted[name] += turn.count
    return counted


def _ranked(counted: Mapping[str, int]) -> tuple[Row, ...]:
    """Most frequent first; what is too small to show comes last, by its name."""
    rows = [Row(name, count) for name, count in counted.items() if count > 0]
    return tuple(sorted(rows, key=lambda row: (row.is_small, -row.drawn, row.name)))


def _periods(since: date, until: date, by_week: bool) -> tuple[date, ...]:
    """First days of the periods, without a gap."""
    step = timedelta(days=7 if by_week else 1)
    first = _period(since, by_week)
    return tuple(first + n * step for n in range((until - first) // step + 1))


def _period(day: date, by_week: bool) -> date:
    return day - timedelta(days=day.weekday()) if by_week else day


def _over_time(turns: Iterable[Turn], periods: Sequence[date], by_week: bool) -> tuple[Row, ...]:
    counted: Counter[date] = Counter()
    for turn in turns:
        counted[_period(turn.day, by_week)] += turn.count
    return tuple(Row(period.isoformat(), counted[period]) for period in periods)


def _courses(
    turns: Sequence[Turn], names: Sequence[str], periods: Sequence[date], by_week: bool
) -> tuple[Course, ...]:
    """Those that came most often, over time; none of which every count is too small to show."""
    courses = []
    for row in _ranked(_sum(turns, names)):
        of = [turn for turn, name in zip(turns, names, strict=True) if name == row.name]
        course = Course(row.name, _over_time(of, periods, by_week))
        if any(period.count >= FEWEST for period in course.rows):
            courses.append(course)
    return tuple(courses[:MOST_COURSES])


def _judged(found: Found, labels: Mapping[str, str]) -> tuple[Judged, ...]:
    """Answers that were rated unhelpful, the most often first."""
    counted: dict[str, Counter[str]] = {"yes": Counter(), "no": Counter()}
    for turn in found.turns:
        if turn.answer and turn.helpful in counted:
            counted[turn.helpful][turn.answer] += turn.count
    judged = []
    for row in _ranked(counted["no"]):
        answer = row.name
        reasons = {why: n for (of, why), n in found.reasons.items() if of == answer}
        judged.append(
            Judged(
                name=labels.get(answer, answer),
                unhelpful=row,
                helpful=Row(answer, counted["yes"][answer]),
                reasons=_ranked({_plain(why): n for why, n in reasons.items()}),
            )
        )
    return tuple(judged[:MOST_ROWS])


def _signs(turns: Sequence[Turn]) -> tuple[tuple[str, Row], ...]:
    """Escalations by sign, each with its level, the gravest first."""
    found = []
    for status in ESCALATED:
        told = [turn for turn in turns if turn.status == status]
        for row in _ranked(_sum(told, [_plain(turn.sign) or "not named" for turn in told])):
            found.append((status.removeprefix("escalated_"), row))
    return tuple(found)


def _not_understood(kept: Sequence[Kept] | None) -> tuple[tuple[str, Row], ...] | None:
    """The messages that the site kept, each with how often it came; None where it keeps none."""
    if kept is None:
        return None
    counted = Counter(message.text.casefold() for message in kept)
    written = {message.text.casefold(): message.text for message in kept}
    return tuple((written[row.name], row) for row in _ranked(counted))
