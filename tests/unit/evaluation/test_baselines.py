import json

import pytest

from evaluation.baselines.intents import Recorded, TfIdf, turn_for
from evaluation.baselines.signs import Keywords, NegatedKeywords, NegEx, plain_text, protocol
from evaluation.sets import load
from evaluation.stock import NAMES, NOT_MEASURED, cached, fingerprint, texts_of
from myoguide.safety.signs import LEVELS

EXAMPLES = [
    ("why do i jump in bed", "ask/sleep.cause"),
    ("what makes me jump at night in bed", "ask/sleep.cause"),
    ("stop my hiccups", "ask/hiccups.treatment"),
    ("how to get rid of hiccups", "ask/hiccups.treatment"),
    ("hello there", "chitchat/greeting"),
    ("hi hello", "chitchat/greeting"),
]


def negated(text, finding):
    plain = plain_text(text)
    start = plain.index(finding)
    return NegEx().negated(plain, start, start + len(finding))


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("no fever since monday", "fever"),
        ("she denies chest pain", "chest pain"),
        ("a stroke was ruled out", "stroke"),
    ],
)
def test_negex_negates_what_the_paper_says(text, finding):
    assert negated(text, finding)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("no cough but fever", "fever"),
        ("not only fever", "fever"),
        ("no cough. fever since monday", "fever"),
        ("no sleep for one two three four days with fever", "fever"),
        ("fever since monday", "fever"),
    ],
)
def test_negex_stops_at_terminators_sentences_pseudo_triggers_and_distance(text, finding):
    assert not negated(text, finding)


def test_keywords_see_the_word_and_negation_takes_it_back():
    assert Keywords().converse(["no chest pain"])[0].level == "emergency"
    assert NegatedKeywords().converse(["no chest pain"])[0].level == "none"
    assert NegatedKeywords().converse(["chest pain"])[0].sign == "other_emergency"


def test_keywords_are_whole_words():
    assert Keywords().converse(["the strokes are a band"])[0].level == "none"


def test_a_safety_baseline_keeps_the_highest_level_so_far():
    turns = Keywords().converse(["chest pain", "why do we hiccup"])
    assert [turn.level for turn in turns] == ["emergency", "emergency"]


def test_every_sign_has_words_and_a_known_level():
    assert len(protocol()) == 40
    assert all(sign.level in LEVELS and sign.words and sign.description for sign in protocol())


@pytest.mark.parametrize(
    ("intent", "before", "expected"),
    [
        ("ask/sleep.cause", ("tic", "danger"), ("sleep", "cause", "answered")),
        ("follow_up_cause", ("tic", "danger"), ("tic", "cause", "answered")),
        ("follow_up_cause", (None, None), ("myoclonus", "cause", "answered")),
        ("topic_sleep", ("tic", "danger"), ("sleep", "danger", "answered")),
        ("follow_up_back", ("tic", "danger"), ("tic", "danger", "answered")),
        ("chitchat/thanks", ("tic", "danger"), (None, None, "small_talk")),
        ("scope/off_topic", (None, None), (None, None, "not_covered")),
        ("nlu_fallback", (None, None), (None, None, "not_understood")),
    ],
)
def test_an_intent_is_completed_from_the_turn_before(intent, before, expected):
    turn = turn_for(intent, 0.9, *before)
    assert (turn.topic, turn.aspect, turn.status) == expected


def test_tf_idf_learns_its_examples():
    turns = TfIdf(EXAMPLES).converse(["jump in bed", "get rid of hiccups"])
    assert [(turn.topic, turn.aspect) for turn in turns] == [
        ("sleep", "cause"),
        ("hiccups", "treatment"),
    ]


def test_small_talk_in_between_does_not_make_a_baseline_forget_the_topic():
    said = {
        "a": ("ask/sleep.cause", 1.0),
        "b": ("chitchat/thanks", 1.0),
        "c": ("follow_up_danger", 1.0),
    }
    turns = Recorded(said).converse(["a", "b", "c"])
    assert (turns[1].topic, turns[2].topic, turns[2].aspect) == (None, "sleep", "danger")


def test_stock_predictions_count_only_for_the_data_they_were_made_on(tmp_path):
    sets = load()
    texts = texts_of(sets)
    kept = tmp_path / "predictions.json"
    assert cached(EXAMPLES, sets, kept) == ({NAMES["said"]: None}, NOT_MEASURED)
    stored = {
        "fingerprint": fingerprint(EXAMPLES, texts),
        "every": 10,
        "epochs": 25,
        "training_seconds": 1.0,
        "said": {text: ["nlu_fallback", 0.7] for text in texts},
        "best": {text: ["ask/sleep.cause", 0.2] for text in texts},
    }
    kept.write_text(json.dumps(stored), encoding="utf-8")
    found, note = cached(EXAMPLES, sets, kept)
    assert "one in 10 of the same examples for 25 epochs" in note
    turns = [found[name].converse(texts[:1])[0] for name in (NAMES["said"], NAMES["best"])]
    assert [(turn.status, turn.topic) for turn in turns] == [
        ("not_understood", None),
        ("answered", "sleep"),
    ]
    assert cached(EXAMPLES[1:], sets, kept) == ({NAMES["said"]: None}, NOT_MEASURED)


def test_fingerprint_does_not_depend_on_the_order():
    assert fingerprint(EXAMPLES, ["a", "b"]) == fingerprint(EXAMPLES[::-1], ["b", "a"])


def test_the_cosine_baseline_does_not_use_what_the_project_has_learned():
    from evaluation.baselines.signs import _encoder
    from myoguide.nlu.encoder import SentenceEncoder

    texts = ["my baby jerks while awake", "the part is due on friday"]
    published, ours = _encoder().encode(texts), SentenceEncoder().encode(texts)
    assert abs(published - ours).max() > 0.01
