import pytest

from app.chat.circuit_breaker import CircuitBreaker


class FakeClock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return FakeClock()


def test_a_breaker_opens_after_failures_in_a_row(clock):
    breaker = CircuitBreaker(clock, threshold=3)
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(2):
        breaker.failed()
    assert breaker.refuses() is None
    breaker.failed()
    assert breaker.refuses() == "it failed 3 times; it is tried again in 5 s"


def test_half_open_lets_one_probe_through(clock):
    breaker = CircuitBreaker(clock, threshold=1, first_pause=5)
    breaker.failed()
    clock.now += 6
    assert breaker.refuses() is None
    breaker.enter()
    assert breaker.refuses() == "one request is testing it"
    breaker.succeeded()
    assert breaker.refuses() is None


def test_a_failed_probe_doubles_the_pause(clock):
    breaker = CircuitBreaker(clock, threshold=1, first_pause=5, longest_pause=15)
    for pause in (5, 10, 15, 15):
        breaker.failed()
        clock.now += pause - 0.1
        assert breaker.refuses()
        clock.now += 0.2
        assert breaker.refuses() is None
        breaker.enter()


def test_a_cancelled_probe_frees_its_place(clock):
    breaker = CircuitBreaker(clock, threshold=1)
    breaker.failed()
    clock.now += 6
    breaker.enter()
    breaker.released()
    assert breaker.refuses() is None
