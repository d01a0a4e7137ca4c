import dataclasses

import pytest

from evaluation.assistant import Turn
from evaluation.cli import GateError, failures, main, read_gates
from evaluation.figures import Bar, Measure, by_key, grouped, read_bars
from evaluation.report import Result, as_text, write_report
from evaluation.run import PARTS, ask, conversations, score
from evaluation.sets import load
from evaluation.traits import Traits


class Parrot:
    """Answers everything with one answer, and raises no level."""

    def converse(self, texts):
        turn = Turn("sleep", "cause", "answered", topics=(("sleep", 0.6), ("tic", 0.2)))
        return [turn for _ in texts]


@pytest.fixture(scope="module")
def result():
    sets = load()
    ours = score(sets, ask(Parrot(), conversations(sets, PARTS)), PARTS, Traits(["myoclonus"]))
    safety = score(sets, ours.said, ("safety",))
    measure = Measure("safety screen", 1.5, "ms", "speed.screen")
    return Result(sets, ours, {"a baseline": safety}, [measure], ["stock: not measured"], 1.0)


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_figures_give_the_same_bytes(result, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_report(result, tmp_path / name / "evaluation.md")
    first, second = files_of(tmp_path / "one"), files_of(tmp_path / "two")
    assert first == second
    assert {"evaluation.md", "evaluation/calibration.svg", "evaluation/safety.svg"} <= set(first)


def test_the_report_shows_bars_counts_intervals_misses_and_notes(result, tmp_path):
    write_report(result, tmp_path / "evaluation.md")
    page = (tmp_path / "evaluation.md").read_text(encoding="utf-8")
    assert (
        "| emergency answered as emergency | 0.000 | 0/48 | 0.00-0.07 | ≥ 0.98 | NOT MET |" in page
    )
    assert (
        "| look-alikes that raise urgent or emergency | 0.000 | 0/99 | 0.00-0.04 | ≤ 0.04 | met |"
        in page
    )
    assert "a baseline" in page
    assert "stock: not measured" in page
    assert result.sets.positives[0].text in page


def test_every_plot_that_the_report_names_is_there(result, tmp_path):
    write_report(result, tmp_path / "evaluation.md")
    page = (tmp_path / "evaluation.md").read_text(encoding="utf-8")
    named = {part.partition(")")[0] for part in page.split("](evaluation/")[1:]}
    assert named == {path.name for path in (tmp_path / "evaluation").iterdir()}


def test_the_terminal_shows_the_same_tables(result):
    page = as_text(result)
    assert "Information questions" in page
    assert "150/150" not in page.partition("Information questions")[0]
    assert "1.5 ms" in page


def test_every_bar_names_a_figure_that_is_measured(result):
    keys = set(by_key(result.ours.all_tables)) | {
        "speed.screen",
        "speed.pipeline",
        "speed.training",
    }
    assert set(read_bars()) <= keys


def test_gates_are_the_bars_unless_they_are_named():
    assert read_gates([]) == read_bars()
    assert read_gates(["safety.emergency=0.5", "info.turned_away=0.1"]) == {
        "safety.emergency": Bar(at_least=0.5),
        "info.turned_away": Bar(at_most=0.1),
    }


@pytest.mark.parametrize("gate", ["nonsense=0.5", "info.both=much"])
def test_a_gate_that_cannot_be_read_says_what_to_write(gate):
    with pytest.raises(GateError, match="--fail-under"):
        read_gates([gate])


def test_a_missed_gate_is_named_with_its_figure(result):
    lines = failures(result, read_gates(["safety.emergency", "safety.false_alarms"]), True)
    assert lines == ["safety.emergency is 0.000, the gate is ≥ 0.98"]


def test_what_was_not_measured_fails_a_whole_run_but_not_a_part(result):
    part = dataclasses.replace(result, ours=score(result.sets, result.ours.said, ("scope",)))
    gates = read_gates(["safety.emergency"])
    assert failures(part, gates, complete=False) == []
    assert len(failures(part, gates, complete=True)) == 1


def test_groups_are_sorted_with_numbers_by_size():
    labels = [figure.label for figure in grouped([("11-20", True), ("5-10", True)])]
    assert labels == ["5-10", "11-20"]


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(option in shown for option in ("--only", "--quick", "--report", "--fail-under"))
