import pytest

from evaluation.traits import Traits

TRAITS = Traits(["myoclonus", "hypnic jerk"])


@pytest.mark.parametrize(
    ("text", "trait"),
    [
        ("why do I twitch", "length: 1-4 words"),
        ("why do I twitch so much at night", "length: 5-10 words"),
        ("my eyelid dont stop", "spelling: not clean"),
        ("my eyelid keeps twitchign", "spelling: not clean"),
        ("my eyelid keeps moving", "spelling: as in the dictionary"),
        ("What's myoclonus?", "spelling: as in the dictionary"),
        ("is it harmful", "form: asks"),
        ("my leg jumps, normal?", "form: asks"),
        ("my leg jumps at night", "form: tells"),
        ("is a hypnic jerk bad", "technical word: yes"),
        ("is a jerk bad", "technical word: no"),
    ],
)
def test_traits_are_what_a_reader_would_see(text, trait):
    assert trait in TRAITS.of(text)


def test_every_message_has_one_trait_of_each_kind():
    kinds = [trait.partition(":")[0] for trait in TRAITS.of("hm")]
    assert kinds == ["length", "spelling", "form", "technical word"]
