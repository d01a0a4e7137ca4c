"""The sentence encoder is the published one, and near sentences lie near."""

import numpy as np
import pytest

from myoguide.nlu.build_encoder import EncoderBuildError, read_safetensors
from myoguide.nlu.encoder import MOST_BEGUN, EncoderMissing, SentenceEncoder


@pytest.fixture(scope="module")
def encoder():
    return SentenceEncoder()


def test_vectors_have_length_one_and_the_promised_shape(encoder):
    vectors = encoder.encode(["a jerk when falling asleep", "hiccups"])
    assert vectors.shape == (2, encoder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_sentences_of_one_meaning_lie_nearer_than_others(encoder):
    jolt, twitch, cake = encoder.encode(
        [
            "why do I jolt as I doze off",
            "what makes me twitch falling asleep",
            "a recipe for a cake",
        ]
    )
    other = max(jolt @ cake, twitch @ cake)
    assert jolt @ twitch > other + 0.1
    # The taught encoder crowds all vectors together, so what counts is how much nearer.
    assert 1 - other > 4 * (1 - jolt @ twitch)


def test_order_and_company_do_not_change_a_vector_much(encoder):
    alone = encoder.encode(["my eyelid flickers"])[0]
    together = encoder.encode(["x " * 60, "my eyelid flickers", "hi"])[1]
    assert alone @ together > 0.97


def test_what_was_begun_is_what_would_have_been_encoded(encoder):
    text = "why does my leg kick me awake"
    plain = encoder.encode([text])
    encoder.begin("another one, never asked for")
    encoder.begin(text)
    ahead = encoder.encode([text])
    assert ahead.shape == plain.shape and np.array_equal(ahead, plain)
    assert np.array_equal(encoder.encode([text]), plain)


def test_of_texts_begun_that_nobody_asks_for_the_oldest_go(encoder):
    for number in range(MOST_BEGUN + 3):
        encoder.begin(f"twitch number {number}")
    assert len(encoder._begun) == MOST_BEGUN
    assert "twitch number 2" not in encoder._begun
    last = encoder.encode([f"twitch number {MOST_BEGUN + 2}"])
    assert len(encoder._begun) == MOST_BEGUN - 1
    assert np.allclose(last, encoder.encode([f"twitch number {MOST_BEGUN + 2}"]), atol=1e-5)


def test_what_fails_ahead_fails_where_it_is_asked_for(encoder, monkeypatch):
    def broken(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(encoder, "_vectors", broken)
    encoder.begin("hiccups")
    with pytest.raises(RuntimeError, match="broken"):
        encoder.encode(["hiccups"])


def test_a_missing_encoder_says_how_to_make_it(tmp_path):
    with pytest.raises(EncoderMissing, match="make encoder"):
        SentenceEncoder(tmp_path)


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path):
    forged = tmp_path / "model.safetensors"
    forged.write_bytes(b"\x02\x00\x00\x00\x00\x00\x00\x00{}")
    with pytest.raises(EncoderBuildError, match="SHA-256"):
        read_safetensors(forged)
