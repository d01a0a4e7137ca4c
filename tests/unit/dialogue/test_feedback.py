"""Feedback is counted by answer, verdict and reason, and a lost database loses only a count."""

import pytest

from myoguide import feedback


@pytest.fixture(autouse=True)
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("MYOGUIDE_DATABASE_URL", f"sqlite:///{tmp_path}/var/counts.db")


def seen():
    return {(c.answer, c.helpful, c.reason): c.count for c in feedback.counts()}


def test_nothing_is_counted_at_first():
    assert seen() == {}


def test_each_verdict_is_counted_by_answer():
    feedback.count("sleep.cause", "yes")
    feedback.count("sleep.cause", "yes")
    feedback.count("tic.danger", "no", "unclear")
    assert seen() == {("sleep.cause", "yes", ""): 2, ("tic.danger", "no", "unclear"): 1}


def test_a_reason_given_later_does_not_make_a_second_no():
    feedback.count("sleep.cause", "no")
    feedback.count("sleep.cause", "no", "wrong", later=True)
    assert seen() == {("sleep.cause", "no", "wrong"): 1}


def test_counting_soon_counts():
    feedback.count_soon("sleep.cause", "yes", None, later=False).result(timeout=10)
    assert seen() == {("sleep.cause", "yes", ""): 1}


def test_a_lost_database_is_logged_without_what_was_said(monkeypatch, caplog, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("MYOGUIDE_DATABASE_URL", f"sqlite:///{blocked}/counts.db")
    future = feedback.count_soon("sleep.cause", "no", "wrong", later=False)
    assert future.exception(timeout=10) is not None
    # The log line comes from a callback of the same thread: a second task runs after it.
    monkeypatch.setenv("MYOGUIDE_DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    feedback.count_soon("sleep.cause", "yes", None, later=False).result(timeout=10)
    assert "lost" in caplog.text and "sleep.cause" not in caplog.text
