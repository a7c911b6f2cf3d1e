"""The waits between restarts."""

from app.ipc.backoff import Backoff


def test_waits_grow_to_a_minute_and_then_it_gives_up():
    backoff = Backoff()
    assert [backoff.after(1.0) for _ in range(5)] == [1.0, 4.0, 16.0, 60.0, None]


def test_five_healthy_minutes_start_the_count_afresh():
    backoff = Backoff()
    for _ in range(4):
        backoff.after(1.0)
    assert backoff.after(300.0) == 1.0
    assert backoff.after(299.0) == 4.0
