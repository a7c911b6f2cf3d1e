import pytest

from app.providers.openai.rate_limit import Throttle, retry_after, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("6m0s", 360), ("20ms", 0.02), ("1h2m3s", 3723), ("7", 7), ("1.5", 1.5),
     ("", None), (None, None), ("soon", None), ("5x", None)],
)  # fmt: skip
def test_spans_are_read(text, seconds):
    assert seconds_of(text) == seconds


def test_the_finer_wait_counts():
    assert retry_after({"retry-after-ms": "250", "retry-after": "1"}) == 0.25
    assert retry_after({"retry-after": "3"}) == 3
    assert retry_after({}) is None


def test_a_throttle_keeps_what_is_left():
    now = [100.0]
    throttle = Throttle(lambda: now[0])
    assert throttle.wait(1000) == 0
    throttle.note(
        {
            "x-ratelimit-remaining-requests": "2",
            "x-ratelimit-reset-requests": "10s",
            "x-ratelimit-remaining-tokens": "500",
            "x-ratelimit-reset-tokens": "4s",
        }
    )
    assert throttle.wait(400) == 0
    assert throttle.wait(501) == 4
    throttle.spend(400)
    throttle.spend(50)
    assert throttle.wait(10) == 10
    now[0] += 11
    assert throttle.wait(400) == 0
    throttle.block(3)
    assert throttle.wait(1) == 3
