import pytest

from app.chat.rate_limiter import RateLimiter


class FakeClock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return FakeClock()


def test_rates_count_a_window(clock):
    rates = RateLimiter(clock)
    assert rates.seconds_since("a") is None
    for _ in range(3):
        rates.note("a")
        clock.now += 25
    assert rates.seconds_since("a") == 25
    assert rates.count("a", 60) == 2
    assert rates.count("b", 60) == 0


def test_rates_stay_bounded(clock):
    rates = RateLimiter(clock, max_keys=10)
    for key in range(100):
        rates.note(str(key))
    assert rates.seconds_since("5") is None
    assert rates.seconds_since("99") == 0
