"""Both speeds, measured while the model works, and the threads that suit then."""

import pytest

from app.runner.throughput import FIRST_PAUSE, DecodeCall, Speeds, ThreadPace


def test_nothing_measured_is_no_speed():
    assert Speeds().prompt == Speeds().decode == 0


def test_prompt_and_decode_calls_are_told_apart():
    speeds = Speeds()
    speeds.note(DecodeCall(100, 0, 0.5))
    speeds.note(DecodeCall(0, 1, 0.02))
    speeds.note(DecodeCall(50, 3, 9.0))
    speeds.note(DecodeCall(3, 0, 9.0))
    assert speeds.prompt == pytest.approx(200)
    assert speeds.decode == pytest.approx(50)


def test_the_slower_calls_of_late_are_believed():
    speeds = Speeds()
    for _ in range(20):
        speeds.note(DecodeCall(64, 0, 0.1))
    for _ in range(5):
        speeds.note(DecodeCall(64, 0, 0.4))
    assert speeds.prompt < 200
    for _ in range(6):
        speeds.note(DecodeCall(64, 0, 0.1))
    assert 300 < speeds.prompt < 640


def measured(*rates):
    found = {}
    for threads, rate in enumerate(rates, 1):
        found[threads] = Speeds()
        found[threads].note(DecodeCall(64, 0, 64 / rate))
        found[threads].note(DecodeCall(0, 1, 10 / rate))
    return found


def test_the_threads_that_read_fastest_are_used_while_they_do():
    pace = ThreadPace(measured(100, 180))
    assert pace.threads == 2
    assert [pace.note(DecodeCall(64, 0, 0.4), now) for now in range(9)] == [2] * 9


def test_when_other_work_takes_a_core_fewer_threads_go_on():
    pace = ThreadPace(measured(100, 180))
    assert pace.note(DecodeCall(64, 0, 3.0), 1.0) == 2
    assert pace.note(DecodeCall(0, 1, 0.9), 2.0) == 1
    assert pace.note(DecodeCall(64, 0, 0.7), 3.0) == 1
    assert pace.note(DecodeCall(64, 0, 0.7), 2.1 + FIRST_PAUSE) == 2


def test_a_machine_that_stays_busy_is_tried_ever_more_seldom():
    pace, now, tries = ThreadPace(measured(100, 180)), 0.0, 0
    while now < 100:
        now += 1.0
        tries += pace.threads == 2
        pace.note(DecodeCall(64, 0, 3.0 if pace.threads == 2 else 0.7), now)
    assert tries < 12


def test_one_number_of_threads_is_kept():
    pace = ThreadPace(measured(100))
    assert [pace.note(DecodeCall(64, 0, 9.0), now) for now in range(5)] == [1] * 5
