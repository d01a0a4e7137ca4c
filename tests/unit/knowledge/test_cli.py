"""The command line, run as an editor runs it."""

from __future__ import annotations

import pytest

from myoguide.knowledge.cli import main

TOPIC = "topics/sleep.yml"


@pytest.fixture
def check(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder.data.parent)

    def run(*options: str) -> tuple[int, list[str]]:
        code = main(["check", "--today", "2026-11-22", "--sets", str(folder.sets), *options])
        return code, capsys.readouterr().out.splitlines()

    return run


def test_a_sound_pack_ends_with_zero_and_a_summary(check):
    assert check() == (0, ["No faults in 1 topic, 2 answers, 24 questions, 2 claims."])


def test_faults_end_with_one_and_name_file_line_reason_and_remedy(folder, check):
    folder.change(TOPIC, "next: [sleep.cause]", "next: [sleep.nowhere]")

    code, lines = check()
    assert code == 1
    assert lines[0] == (
        "data/topics/sleep.yml:51: unknown next answer 'sleep.nowhere'. "
        "Name an answer as topic.aspect."
    )
    assert lines[1].startswith("1 fault in 1 file (1 topic")


def test_faults_are_sorted_by_file_and_line(folder, check):
    folder.change(TOPIC, "C01]", "C01, Z9]")
    folder.change(TOPIC, "S04]", "S04, Z8]")
    folder.change("claims.yml", "sources: [article]", "sources: [gossip]")

    _, lines = check()
    assert [line.split(": ")[0] for line in lines[:-1]] == [
        "data/claims.yml:5",
        "data/topics/sleep.yml:37",
        "data/topics/sleep.yml:47",
    ]


def test_only_the_faults_of_the_chosen_files_are_told(folder, check):
    folder.change(TOPIC, "C01]", "C01, Z9]")

    assert check("--only", "data/claims.yml")[0] == 0
    assert check("--only", "data/topics/sleep.yml")[0] == 1


def test_the_date_can_be_set(folder, check):
    assert check("--today", "2028-01-01")[0] == 1


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit):
        main(["check", "--help"])

    told = capsys.readouterr().out
    assert all(option in told for option in ("--data", "--today", "--sets", "--only"))
