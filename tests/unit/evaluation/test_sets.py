import json

import pytest

from evaluation.scope import NEIGHBOURS
from evaluation.sets import LEVELS, SetError, load
from myoguide.knowledge import load_pack

SETS = load()


def test_every_id_is_used_once():
    kinds = (
        SETS.info,
        SETS.dialogues,
        SETS.scope,
        SETS.positives,
        SETS.negatives,
        SETS.safety_dialogues,
    )
    ids = [item.id for items in kinds for item in items]
    assert len(ids) == len(set(ids)) == 440


def test_labelled_topics_are_topics_of_the_content_pack():
    topics = load_pack("data").topics
    messages = [item.message for item in SETS.info]
    messages += [turn for dialogue in SETS.dialogues for turn in dialogue.turns]
    assert {topic for message in messages for topic in message.topics} <= set(topics)


def test_every_adjacent_kind_says_which_neighbours_may_answer():
    kinds = {item.kind for item in SETS.scope if item.scope == "adjacent"}
    assert kinds <= set(NEIGHBOURS)


def test_neighbours_are_topics_of_the_content_pack():
    topics = load_pack("data").topics
    assert {topic for allowed in NEIGHBOURS.values() for topic in allowed} <= set(topics)


def test_levels_are_due_within_their_dialogue():
    for item in SETS.safety_dialogues:
        assert item.level in LEVELS
        assert 0 <= item.at_turn <= len(item.turns)
        assert (item.at_turn == 0) == (item.level == "none")


def test_a_broken_line_is_named_by_file_and_line(tmp_path):
    row = {"id": "x", "text": "t", "topic": [], "aspect": [], "escalation": "grave"}
    good = {**row, "escalation": "none"}
    lines = "\n".join(map(json.dumps, (good, row)))
    (tmp_path / "info.dev.jsonl").write_text(lines, encoding="utf-8")
    with pytest.raises(SetError, match=r"info\.dev\.jsonl:2: .*'grave' is not one of"):
        load(tmp_path)
