"""Review dates and reviewers."""

from __future__ import annotations

from datetime import date

TOPIC = "topics/sleep.yml"
DATE = 'reviewed: "2026-11-22"'


def test_a_review_older_than_a_year_is_told_on_its_line(folder):
    assert folder.faults(today=date(2027, 11, 22)) == []

    fault = folder.faults(today=date(2027, 11, 23))[0]
    assert (fault.line, fault.reason) == (39, "sleep.cause: it was last reviewed on 2026-11-22")


def test_a_leap_day_has_a_year_before_it(folder):
    folder.change(TOPIC, DATE, 'reviewed: "2027-02-27"')

    assert len(folder.faults(today=date(2028, 2, 29))) == 2


def test_a_bare_review_date_is_told(folder):
    folder.change(TOPIC, DATE, "reviewed: 2026-11-22")

    assert folder.reasons() == [
        "sleep.cause: the review date is not quoted, so training would fail",
        "sleep.medicine: the review date is not quoted, so training would fail",
    ]


def test_a_missing_review_date_is_told(folder):
    folder.change(TOPIC, f"      {DATE}\n", "")

    assert "sleep.cause: it has no review date" in folder.reasons()


def test_a_review_date_that_is_no_date_is_told(folder):
    folder.change(TOPIC, DATE, 'reviewed: "last autumn"')

    assert "sleep.cause: 'last autumn' is not a date" in folder.reasons()


def test_a_review_in_the_future_is_told(folder):
    folder.change(TOPIC, DATE, 'reviewed: "2026-11-23"')

    assert "sleep.cause: the review date 2026-11-23 lies in the future" in folder.reasons()


def test_an_unsigned_review_is_told(folder):
    folder.change(TOPIC, '      reviewer: "not yet reviewed by a clinician"\n', "")

    assert "sleep.cause: nobody is named as reviewer" in folder.reasons()


def test_dialogue_may_lack_a_review_but_not_have_an_old_one(folder):
    folder.write(
        "dialogue/help.yml",
        "responses:\n  utter_help:\n  - text: I can help.\n"
        '  utter_bye:\n  - text: Bye.\n    metadata: {reviewed: "2020-01-01"}\n',
    )

    assert folder.reasons() == ["utter_bye: it was last reviewed on 2020-01-01"]
