from evaluation.assistant import Turn, state, turn_of


def tracker(*events, **slots):
    return {"slots": slots, "events": list(events)}


def user(text, topics=()):
    return {"event": "user", "text": text, "parse_data": {"question": {"topics": list(topics)}}}


def bot(text, **metadata):
    return {"event": "bot", "text": text, "metadata": metadata}


def test_only_replies_to_the_last_message_are_read():
    turn = turn_of(
        tracker(
            user("hi"),
            bot("Hello.", utter_action="utter_chitchat/greeting"),
            user("why do i jump", [{"name": "sleep", "confidence": 0.8}]),
            bot("You jump because ...", answers=["sleep.cause"]),
            topic="sleep",
            aspect="cause",
            status="answered",
            escalation="none",
            sign=None,
        )
    )
    assert turn.replies == ("You jump because ...",)
    assert turn.reply_keys == ()
    assert turn.answers == ("sleep.cause",)
    assert (turn.topic, turn.aspect, turn.status, turn.level) == (
        "sleep",
        "cause",
        "answered",
        "none",
    )
    assert turn.confidence == 0.8


def test_an_empty_tracker_is_a_turn_in_which_nothing_happened():
    assert turn_of({"slots": {}, "events": []}) == Turn()


def test_confidence_is_that_of_the_chosen_topic_not_of_the_best():
    turn = Turn("sleep", topics=(("tic", 0.5), ("sleep", 0.3)))
    assert turn.confidence == 0.3


def test_a_changed_encoder_is_another_state(tmp_path, monkeypatch):
    monkeypatch.setattr("evaluation.assistant.DEFAULT_DIR", tmp_path)
    before = state()
    (tmp_path / "model.onnx").write_bytes(b"other weights")
    assert state() != before
