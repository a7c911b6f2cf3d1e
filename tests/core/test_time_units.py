"""Days as people write them."""

import pytest

from app.core.errors import UsageError
from app.core.time_units import day_of, start_of


def test_a_day_begins_at_midnight_in_utc():
    assert start_of("1970-01-02") == 86_400_000
    assert start_of(" 2021-06-30 ") == 1_625_011_200_000
    assert day_of(start_of("2021-06-30")) == "2021-06-30"


@pytest.mark.parametrize("day", ["", "yesterday", "2021-13-01", "30.6.2021", "2021"])
def test_what_is_no_day_is_refused_with_a_way_out(day: str):
    with pytest.raises(UsageError, match="2021-06-30"):
        start_of(day)
