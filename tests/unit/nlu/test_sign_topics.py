"""Which topic a message with a sign is about."""

import pytest
from rasa.shared.nlu.training_data.message import Message

from myoguide.knowledge import load_pack
from myoguide.nlu.conversation import ConversationResolver
from myoguide.nlu.decide import Turn
from myoguide.nlu.graph import SCREENING
from myoguide.safety import load

RESOLVER = ConversationResolver(ConversationResolver.get_default_config())


def likeliest(topics, signs, turns=()):
    message = Message({"text": "what was told", SCREENING: {"new_signs": signs}})
    scores = RESOLVER._with_signs(topics, message, list(turns))
    return max(scores, key=scores.get)


@pytest.mark.parametrize(
    ("topics", "signs", "topic"),
    [
        ({"exercise": 0.6, "spinal": 0.1}, [], "exercise"),
        ({"exercise": 0.6, "spinal": 0.1}, ["spinal_signs"], "spinal"),
        ({"sleep": 0.9, "spinal": 0.1}, ["spinal_signs"], "sleep"),
        # A routine sign says less.
        ({"sleep": 0.6, "essential": 0.1}, ["family_history"], "sleep"),
        # The first sign that stands for a topic counts.
        ({"exercise": 0.5}, ["self_harm", "opsoclonus"], "polymyoclonus"),
        # Of several topics the one that the message is nearest to.
        ({"spinal": 0.2, "pathological": 0.1}, ["head_or_spine_injury"], "spinal"),
        ({"spinal": 0.1, "pathological": 0.2}, ["head_or_spine_injury"], "pathological"),
    ],
)
def test_a_sign_speaks_for_its_topic(topics, signs, topic):
    assert likeliest(topics, signs) == topic


def test_of_several_topics_the_one_that_the_conversation_is_about_counts():
    told_of = [Turn("spinal", "cause", "answered")]
    topics = {"spinal": 0.1, "pathological": 0.2}
    assert likeliest(topics, ["head_or_spine_injury"], told_of) == "spinal"


def test_every_sign_and_topic_in_the_table_exists():
    topics = {answer.partition(".")[0] for answer in load_pack("data").answers}
    assert set(RESOLVER._sign_topics) <= {sign.id for sign in load().signs.values()}
    for sign, may_be in RESOLVER._sign_topics.items():
        assert may_be and set(may_be) <= topics, sign
