"""The decision table: every combination of answers reaches exactly one outcome, the right one."""

import functools
import itertools
from pathlib import Path

import numpy as np
import pytest
import yaml

from myoguide.knowledge import load_pack
from myoguide.safety import screen
from myoguide.safety.self_check import UNKNOWN, load_self_check
from myoguide.safety.signs import LEVELS
from myoguide.safety.tables import TableError

CHECK = load_self_check()
ROWS = list(CHECK.outcomes.values())
ROOT = Path(__file__).resolve().parents[3]
ANSWERS = load_pack(str(ROOT / "data")).answers


def rows_that_fit():
    """For each step and value the rows it fits, as bits: the first row is the lowest bit.

    A second way of reading the table, so that `outcome` is not tested by itself.
    """
    return [
        np.array(
            [
                sum(1 << i for i, row in enumerate(ROWS) if value in row.when.get(step, {value}))
                for value in CHECK.steps[step].values
            ],
            dtype=np.uint64,
        )
        for step in CHECK.steps
    ]


def least_answers(row):
    """Answers that fit the row and, where possible, no row before it."""
    free = [step for step in CHECK.steps if step not in row.when]
    calm = {"danger": "none", "person": "adult", "when": "falling_asleep", "where": "arm",
            "often": "weekly", "since": "days", "noticed": "none", "medicine": "none",
            "recent": "none", "tried": "nothing"}  # fmt: skip
    for calm["when"], calm["since"] in (("falling_asleep", "days"), ("rest", "today")):
        for values in itertools.product(*(sorted(row.when[step]) for step in row.when)):
            chosen = dict(zip(row.when, values, strict=True))
            answers = {**{step: calm[step] for step in free}, **chosen}
            if CHECK.outcome(answers) is row:
                return answers
    return None


def test_every_combination_of_answers_reaches_exactly_one_outcome():
    # No row looks at what was tried, the last step; that leaves 147 million combinations.
    *steps, tried = rows_that_fit()
    assert len(set(tried.tolist())) == 1
    rest = functools.reduce(np.bitwise_and.outer, steps[2:]).ravel()
    reached = np.uint64(0)
    for danger, person in itertools.product(steps[0], steps[1]):
        fits = rest & danger & person
        assert fits.all(), "a combination without an outcome"
        reached |= np.bitwise_or.reduce(fits & (~fits + np.uint64(1)))  # the first row of each
    assert reached == (1 << len(ROWS)) - 1, "a row that no combination reaches"


def test_the_outcome_is_the_first_row_that_fits():
    steps, random = rows_that_fit(), np.random.default_rng(5)
    for _ in range(20_000):
        chosen = [random.integers(len(values)) for values in steps]
        masks = [values[i] for values, i in zip(steps, chosen, strict=True)]
        fits = int(functools.reduce(np.bitwise_and, masks))
        pairs = zip(CHECK.steps.values(), chosen, strict=True)
        answers = {step.id: step.values[i] for step, i in pairs}
        assert CHECK.outcome(answers) is ROWS[(fits & -fits).bit_length() - 1]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_is_reached_by_answers_of_its_own(row):
    answers = least_answers(row)
    assert answers is not None
    assert CHECK.outcome(answers).level == row.level


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_has_a_reference_and_says_why(row):
    assert row.reference and row.because.endswith(".")


@pytest.mark.parametrize("row", [row for row in ROWS if row.sign], ids=lambda row: row.id)
def test_a_row_with_a_sign_has_the_level_of_that_sign(row):
    assert CHECK.signs[row.sign].level == row.level


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_answers_that_a_row_offers_exist(row):
    assert set(row.more) <= set(ANSWERS)


def test_rows_stand_in_the_order_of_their_levels():
    levels = [LEVELS.index(row.level) for row in ROWS]
    assert levels == sorted(levels, reverse=True)


def test_a_sign_decides_whatever_else_was_answered():
    for option in CHECK.steps["danger"].options:
        if option.sign:
            assert CHECK.decided({"danger": option.id}).sign == option.sign


def test_nothing_is_decided_before_anything_is_answered():
    assert CHECK.decided({}) is None
    assert CHECK.decided(dict.fromkeys(CHECK.steps)) is None


def test_leaving_everything_out_never_ends_in_reassurance():
    assert CHECK.outcome(dict.fromkeys(CHECK.steps, UNKNOWN)).level == "routine"


def test_leaving_a_step_out_never_lowers_an_urgent_outcome_that_another_step_gave():
    for row in ROWS:
        if row.level == "urgent":
            answers = {**dict.fromkeys(CHECK.steps, UNKNOWN), **(least_answers(row) or {})}
            for step in set(CHECK.steps) - set(row.when):
                level = CHECK.outcome({**answers, step: UNKNOWN}).level
                assert LEVELS.index(level) >= LEVELS.index("urgent"), (row.id, step)


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"person": "baby", "when": "rest", "where": "arm"}, "baby_awake"),
        ({"person": "baby", "when": "asleep", "where": "arm"}, "baby_asleep"),
        ({"person": "baby", "when": "rest", "where": "hiccup", "since": "today"}, "hiccups"),
        ({"person": "child", "often": "clusters"}, "child_in_clusters"),
        ({"person": "me", "often": "clusters", "where": "arm"}, "many_a_day"),
        ({"noticed": "flapping", "recent": "organ"}, "flapping_with_organ_illness"),
        ({"noticed": "flapping", "recent": "none"}, "flapping"),
        ({"person": "teenager", "when": "waking"}, "morning"),
        ({"where": "hiccup", "since": "days"}, "hiccups_long"),
        ({"where": "face", "since": "days", "when": "any"}, "face"),
        ({"where": "face", "since": "months", "when": "any"}, "lasting"),
        ({"when": "falling_asleep", "since": "months"}, "falling_asleep"),
        ({"when": "effort", "since": "days", "where": "leg"}, "exercise"),
        ({"recent": "cancer"}, "cancer"),
        ({"danger": UNKNOWN, "when": "falling_asleep"}, "danger_not_answered"),
    ],
)
def test_the_table_says_what_a_doctor_would_expect(answers, outcome):
    calm = {"danger": "none", "person": "me", "when": "rest", "where": "arm", "often": "weekly",
            "since": "days", "noticed": "none", "medicine": "none", "recent": "none",
            "tried": "nothing"}  # fmt: skip
    assert CHECK.outcome({**calm, **answers}).id == outcome


@pytest.mark.parametrize(
    "option",
    [option for option in CHECK.steps["danger"].options if option.sign],
    ids=lambda option: option.id,
)
def test_the_screen_too_reads_an_emergency_in_the_button_of_a_dangerous_sign(option):
    assert screen(option.says).cautious().level == "emergency"


def test_no_other_button_alarms_the_screen_more_than_the_table_does():
    for step in CHECK.steps.values():
        for option in step.options:
            decided = CHECK.decided({step.id: option.id})
            level = screen(option.says).level
            # Flapping waits for one more answer before the table decides.
            allowed = "urgent" if option.id == "flapping" else decided.level if decided else "none"
            assert LEVELS.index(level) <= LEVELS.index(allowed), option.says


def test_titles_fit_on_the_buttons_of_every_channel():
    titles = [option.title for step in CHECK.steps.values() for option in step.options]
    assert max(map(len, titles)) <= 20
    # Messenger shows thirteen quick replies, "I don't know" among them.
    assert max(len(step.options) for step in CHECK.steps.values()) <= 12


def test_there_are_at_most_ten_steps():
    assert len(CHECK.steps) <= 10


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t: t["outcomes"]["weak"].pop("reference"), "outcomes|weak.*lacks reference"),
        (lambda t: t["outcomes"]["weak"]["when"].update(noticed="tall"), "no step and answer"),
        (lambda t: t["outcomes"]["numb"].update(level="routine"), "numb.*not that of the sign"),
        (lambda t: t["outcomes"].pop("nothing_found"), "last row must fit always"),
        (lambda t: t["steps"]["when"]["outranks"].pop(), "when.*name every option once"),
        (lambda t: t["steps"]["danger"]["options"]["fit"].update(sign="tall"), "unknown sign"),
    ],
)
def test_a_mistake_in_the_table_is_named(tmp_path, change, complaint):
    from myoguide.safety.self_check import SelfCheck

    for file in filter(Path.is_file, (ROOT / "data" / "safety").iterdir()):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "self_check.yml"
    table = yaml.safe_load(path.read_text("utf-8"))
    change(table)
    path.write_text(yaml.safe_dump(table, sort_keys=False), "utf-8")
    with pytest.raises(TableError, match=complaint):
        SelfCheck(tmp_path)


def test_what_it_remembers_of_messages_can_be_dropped():
    check = load_self_check(ROOT / "data" / "safety")
    check.told("my arm jerks and the wierdest thnig is my nane is Hortensia")
    assert check._words.cache_info().currsize
    assert check._screen._read.cache_info().currsize
    check.forget()
    assert not check._words.cache_info().currsize
    assert not check._screen._read.cache_info().currsize
    assert not check._vocabulary.spelling._answers
