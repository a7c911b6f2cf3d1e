import pytest

from app.chat.ab_arms import parse, standings, turn, wilson
from app.chat.self_tune import Arm
from app.core.errors import ConfigError

LLM, HYBRID = Arm("llm", 0), Arm("hybrid", 70)


def test_an_arm_is_read_as_it_is_typed():
    assert parse("hybrid 70") == HYBRID
    assert parse(" LLM ") == LLM
    assert parse("hybrid", 30) == Arm("hybrid", 30)
    assert parse("markov") == Arm("markov", 100)
    for wrong in ("cloud", "hybrid 101", ""):
        with pytest.raises(ConfigError):
            parse(wrong)


def test_two_arms_alternate_and_one_has_no_turn():
    assert [turn([LLM, HYBRID], row) for row in (4, 5, 6)] == [LLM, HYBRID, LLM]
    assert turn([LLM], 1) is None
    assert turn([], 1) is None


def test_the_interval_is_that_of_wilson():
    rate = wilson(8, 10)
    assert (rate.low, rate.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)
    assert wilson(0, 5).low == 0.0 and wilson(5, 5).high == pytest.approx(1.0)


def test_wins_count_and_neither_is_half_a_win_for_both():
    found = standings([(LLM, HYBRID, 2), (HYBRID, LLM, 1), (LLM, HYBRID, 0)])
    assert (found[HYBRID].won, found[HYBRID].of) == (2.5, 3)
    assert found[LLM].rate == pytest.approx(0.5 / 3)
