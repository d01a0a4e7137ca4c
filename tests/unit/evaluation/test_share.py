import pytest

from evaluation.share import Share, share


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Newcombe 1998, table I, method 3 (Wilson without continuity correction).
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_interval_is_wilsons_as_published(hits, of, low, high):
    assert Share(hits, of).interval == pytest.approx((low, high), abs=0.0001)


def test_all_right_still_leaves_doubt():
    low, high = Share(48, 48).interval
    assert 0.92 < low < 0.93
    assert high == 1.0


def test_nothing_counted_says_nothing():
    nothing = share([])
    assert nothing.value != nothing.value
    assert nothing.interval == (0.0, 1.0)


def test_share_counts_what_is_true():
    assert share([True, False, True]) == Share(2, 3)
