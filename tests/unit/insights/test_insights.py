"""What an editor is shown, and what nobody is shown."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa

from myoguide.database import Database
from myoguide.database import not_understood as table
from myoguide.insights import cli, not_understood, plots
from myoguide.insights.figures import Figures, Row, figures, read
from myoguide.insights.page import page
from myoguide.insights.summary import summary

SINCE, UNTIL = date(2026, 9, 28), date(2026, 10, 4)
LABELS = {"sleep.cause": "Why do I jerk when I fall asleep?"}


@pytest.fixture
def shown(source: Database):
    def show(since: date = SINCE, until: date = UNTIL) -> Figures:
        return figures(read(source, since), since, until, LABELS)

    return show


# --- what is counted


def test_topics_and_questions_are_listed_most_frequent_first(count, shown):
    count(7, status="answered", topic="hiccups", aspect="treatment")
    count(12, status="answered", topic="sleep", aspect="cause")
    count(9, status="answered", topic="sleep", aspect="danger")
    assert [(row.name, row.told) for row in shown().topics] == [("sleep", "21"), ("hiccups", "7")]
    assert shown().questions[0] == Row("Why do I jerk when I fall asleep?", 12)


def test_turns_before_the_period_are_left_out(count, shown):
    count(30, at="2026-09-27 23:00", status="answered", topic="sleep", aspect="cause")
    count(8, at="2026-09-28 00:00", status="answered", topic="tic", aspect="cause")
    assert [row.name for row in shown().topics] == ["tic"]


def test_every_day_of_the_period_stands_in_the_course_even_if_nothing_came(count, shown):
    count(6, at="2026-10-01 03:00", status="answered", topic="sleep", aspect="cause")
    count(6, at="2026-10-01 22:00", status="clarified")
    (answered,) = shown().courses
    assert [row.count for row in answered.rows] == [0, 0, 0, 12, 0, 0, 0]


def test_a_long_period_is_shown_by_week(count, shown):
    count(6, at="2026-10-01 03:00", status="answered", topic="sleep", aspect="cause")
    count(6, at="2026-09-28 03:00", status="answered", topic="sleep", aspect="cause")
    found = shown(since=date(2026, 7, 1))
    assert found.by_week and found.periods[0] == date(2026, 6, 29)
    assert found.courses[0].rows[-1] == Row("2026-09-28", 12)


def test_topics_signs_and_unhelpful_ratings_are_shown_over_time_too(count, shown):
    for number, at in ((6, "2026-09-28 12:00"), (8, "2026-10-01 12:00")):
        count(number, at=at, status="answered", topic="sleep", aspect="cause")
        count(number, at=at, status="escalated_urgent", sign="after_infection", topic="tic")
        count(number, at=at, answer="sleep.cause", helpful="no")
    found = shown()
    sleep, tic = found.topic_courses
    (sign,) = found.sign_courses
    assert (sleep.name, tic.name, sign.name) == ("sleep", "tic", "after infection")
    for course in (sleep, sign, found.unhelpful_course):
        assert [row.count for row in course.rows] == [6, 0, 0, 8, 0, 0, 0]


def test_what_came_too_seldom_to_be_shown_has_no_course(count, shown):
    count(4, status="answered", topic="tic", aspect="cause")
    count(4, status="escalated_urgent", sign="after_infection")
    count(4, answer="tic.cause", helpful="no")
    found = shown()
    assert not (found.topic_courses or found.sign_courses or found.unhelpful_course)


def test_an_answer_that_did_not_help_stands_with_who_it_helped_and_why_not(count, reason, shown):
    count(9, status="small_talk", answer="sleep.cause", helpful="no")
    count(40, status="small_talk", answer="sleep.cause", helpful="yes")
    count(40, status="small_talk", answer="tic.cause", helpful="yes")
    reason(6, "sleep.cause", "too_little")
    (judged,) = shown().judged
    assert judged.name == LABELS["sleep.cause"]
    assert (judged.unhelpful.told, judged.helpful.told) == ("9", "40")
    assert judged.reasons == (Row("too little", 6),)


def test_a_rating_is_not_counted_as_a_message(count, shown):
    count(40, status="small_talk", answer="sleep.cause", helpful="yes")
    assert shown().messages == "0"


def test_escalations_stand_by_sign_the_gravest_level_first(count, shown):
    count(11, status="escalated_urgent", sign="first_seizure", topic="seizure")
    count(6, status="escalated_emergency", sign="not_waking")
    count(99, status="answered", sign="not_waking", topic="sleep", aspect="cause")
    assert [(level, row.name, row.told) for level, row in shown().signs] == [
        ("emergency", "not waking", "6"),
        ("urgent", "first seizure", "11"),
    ]


# --- what nobody is shown


def test_a_count_under_five_is_never_shown_as_it_is(count, shown):
    for number, topic in enumerate(("tic", "tremor", "chorea", "cramp"), start=1):
        count(number, at=f"2026-10-0{number} 10:00", status="answered", topic=topic, aspect="cause")
    count(1, status="escalated_emergency", sign="not_waking")
    count(2, status="small_talk", answer="sleep.cause", helpful="no")
    found = shown()
    for text in (page(found), summary(found)):
        assert "<5" in text or "&lt;5" in text
        counts = re.findall(r'class="count">([^<]*)<|^ +([<\d,]+)  ', text, re.M)
        shown_counts = {n for pair in counts for n in pair if n}
        assert shown_counts and not shown_counts & {"1", "2", "3", "4"}
        assert not re.search(r": [1-4]</title>", text)


def test_small_counts_are_not_told_apart_by_their_place_or_their_bar(count, shown):
    count(4, status="answered", topic="tremor", aspect="cause")
    count(1, status="answered", topic="chorea", aspect="cause")
    rows = shown().topics
    assert [row.name for row in rows] == ["chorea", "tremor"]
    assert len({row.drawn for row in rows}) == 1


def test_the_total_is_too_coarse_to_work_out_what_is_hidden(count, shown):
    count(100, status="answered", topic="sleep", aspect="cause")
    count(3, status="escalated_emergency", sign="not_waking")
    assert shown().messages == "about 100"


def test_a_kept_message_cannot_break_out_of_the_page_or_the_terminal(source):
    hostile = "<script>alert(1)</script>\x1b[2J"
    source.run(lambda c: not_understood.keep(c, "k", [hostile]))
    today = cli.today()
    found = figures(read(source, today), today, today, {})
    assert found.not_understood is not None
    written = page(found)
    assert "<script" not in written
    assert "\x1b" not in summary(found)


# --- messages that were not understood


def user(text: str, status: str) -> dict:
    entities = [{"entity": "status", "value": status}]
    return {"event": "user", "text": text, "parse_data": {"entities": entities}}


def test_only_messages_that_were_not_understood_are_kept():
    events = [
        user("flurb my wotsit", "not_understood"),
        user("why do i jerk", "answered"),
        user("/feedback{}", "not_understood"),
        {"event": "bot", "text": "Hello"},
    ]
    assert not_understood.texts_in(events) == ["flurb my wotsit"]


def test_nothing_is_kept_unless_the_site_asks_for_it():
    assert not not_understood.is_wanted({})
    assert not not_understood.is_wanted({"MYOGUIDE_KEEP_UNUNDERSTOOD": "0"})
    assert not_understood.is_wanted({"MYOGUIDE_KEEP_UNUNDERSTOOD": "1"})


def test_the_page_says_when_the_site_keeps_none(count, shown, monkeypatch):
    monkeypatch.delenv(not_understood.VARIABLE, raising=False)
    count(9, status="answered", topic="sleep", aspect="cause")
    assert shown().not_understood is None
    assert "They are not kept here" in page(shown())


def test_a_conversation_that_is_deleted_takes_its_kept_messages_with_it(source):
    source.run(lambda c: not_understood.keep(c, "mine", ["flurb"]))
    source.run(lambda c: not_understood.keep(c, "yours", ["wotsit"]))
    source.run(lambda c: not_understood.forget(c, "mine"))
    found = source.run(lambda c: not_understood.kept_since(c, not_understood._today()))
    assert [message.text for message in found] == ["wotsit"]


def test_when_a_conversation_ends_its_kept_messages_lose_their_link(source):
    source.run(lambda c: not_understood.keep(c, "ended", ["flurb"]))
    source.run(lambda c: not_understood.keep(c, "going on", ["wotsit"]))
    source.run(lambda c: not_understood.let_go(c, ["ended"]))
    rows = source.run(lambda c: c.execute(sa.select(table)).all())
    assert {row.text: row.key for row in rows} == {"flurb": "", "wotsit": "going on"}


def test_kept_messages_are_deleted_after_their_time(source):
    old = (not_understood._today() - timedelta(days=not_understood.DAYS + 1)).isoformat()
    row = {"day": old, "key": "", "text": "flurb"}
    source.run(lambda c: c.execute(sa.insert(table).values(**row)))
    source.run(lambda c: not_understood.let_go(c, []))
    assert source.run(lambda c: c.execute(sa.select(table)).all()) == []


# --- the page


class Checked(HTMLParser):
    """Notes elements that are left open, ids, and links within the page."""

    VOID = frozenset({"meta", "br", "img", "link", "rect", "line"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: set[str] = set()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if given.get("href", "").startswith("#"):
            self.targets.add(given["href"][1:])
        if tag not in self.VOID or tag == "rect":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()


def test_the_page_is_whole_and_loads_nothing(count, shown):
    count(9, status="answered", topic="sleep", aspect="cause")
    count(6, status="escalated_emergency", sign="not_waking")
    count(9, status="small_talk", answer="sleep.cause", helpful="no")
    written = page(shown())
    checked = Checked()
    checked.feed(written)
    assert checked.open == []
    assert len(checked.ids) == len(set(checked.ids))
    assert checked.targets <= set(checked.ids)
    assert not re.search(r"<(script|img|link|iframe)|src=|url\(|@import", written)
    assert "prefers-color-scheme: dark" in written


def test_every_plot_has_a_name_and_every_bar_a_title():
    rows = [Row("sleep & dreams", 12), Row("tic", 2)]
    drawn = (
        plots.bars('Topics "asked"', rows),
        plots.columns("Over time", rows, ("2026-09-28", "2026-10-04")),
    )
    for plot in drawn:
        root = ET.fromstring(plot)
        assert root.get("role") == "img" and root.get("aria-label")
        bars = root.findall("{*}rect")
        assert [bar.find("{*}title").text for bar in bars] == ["sleep & dreams: 12", "tic: <5"]
        assert [bar.get("class") for bar in bars] == ["bar", "small"]


def test_a_time_without_messages_is_said_in_plain_words(shown):
    assert "Nothing was counted" in page(shown())
    assert "Nothing was counted" in summary(shown())


# --- the command


def test_the_command_writes_the_page_and_prints_the_summary(count, url, tmp_path, capsys):
    at = f"{cli.today()} 00:00"
    count(12, at=at, status="answered", topic="sleep", aspect="cause")
    target = tmp_path / "deep" / "index.html"
    assert cli.main(["--since", "7d", "--page", str(target)]) == 0
    assert "12  sleep" in capsys.readouterr().out
    assert "<h1>What people asked</h1>" in target.read_text()


@pytest.mark.parametrize("written", ["yesterday", "0d", "2026-13-01", "2999-01-01"])
def test_a_first_day_that_is_none_is_refused_with_what_to_write(written, capsys):
    with pytest.raises(SystemExit):
        cli.main(["--since", written])
    assert "2026-10-01" in capsys.readouterr().err


def test_days_back_count_today(url):
    assert cli.since("1d") == cli.today()
    assert cli.since("2026-10-01") == date(2026, 10, 1)


def test_a_database_that_is_away_is_said_in_one_line(monkeypatch, capsys):
    monkeypatch.setenv("MYOGUIDE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert cli.main(["--page", str(Path("never") / "written.html")]) == 1
    assert "database" in capsys.readouterr().err
