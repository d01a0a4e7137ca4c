from myoguide.privacy.events import redacted


def user(text, entities=(), **parsed):
    return {"event": "user", "text": text, "parse_data": {"entities": list(entities), **parsed}}


def test_what_an_entity_took_from_the_message_is_redacted_with_it():
    event = redacted(user("call 07700 900123", [{"entity": "x", "value": "07700 900123"}]))
    assert "900123" not in str(event)


def test_the_numbers_to_call_stay_as_they_are():
    carrier = {"entity": "crisis_line", "value": "Samaritans, 0800 123 4567"}
    assert redacted(user("help me", [carrier]))["parse_data"]["entities"] == [carrier]
    slot = {"event": "slot", "name": "crisis_line", "value": "Samaritans, 0800 123 4567"}
    bot = {"event": "bot", "text": "Call 0800 123 4567", "metadata": {}}
    assert redacted(slot) == slot
    assert redacted(bot) == bot


def test_the_event_of_the_running_turn_is_left_as_it_is():
    event = user("my name is Margaret Hollis")
    event["parse_data"]["text"] = event["text"]
    redacted(event)
    assert event["text"] == event["parse_data"]["text"] == "my name is Margaret Hollis"
