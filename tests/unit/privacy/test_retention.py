import pytest

from myoguide.privacy import retention


def test_a_day_unless_the_site_says_otherwise(monkeypatch):
    monkeypatch.delenv(retention.VARIABLE, raising=False)
    assert retention.from_environment() == 24 * 3600
    monkeypatch.setenv(retention.VARIABLE, "0.5")
    assert retention.from_environment() == 1800


@pytest.mark.parametrize("written", ["soon", "0", "-3", "inf", "nan"])
def test_what_is_no_number_of_hours_is_refused_with_what_to_write(monkeypatch, written):
    monkeypatch.setenv(retention.VARIABLE, written)
    with pytest.raises(ValueError, match="MYOGUIDE_RETENTION_HOURS.*hours above 0"):
        retention.from_environment()


def test_a_short_retention_is_looked_after_more_often():
    assert retention.sweep_interval(24 * 3600) == 300
    assert retention.sweep_interval(60) == 6
