"""The time, the words and the tries that a reply gets from the model's speed."""

from dataclasses import replace

import pytest

from app.chat import context, reply_time
from app.chat.prompt_settings import deadline_ms
from app.core.names import GuildId
from app.providers.base import Prompt, Speed, Turn
from app.settings.schema import Config
from app.settings.setting_keys import with_overrides

PROMPT = Prompt(GuildId(1), "c", "Mynah", (Turn("ann", "hi"),), lines=3)


@pytest.mark.parametrize(
    ("speed", "seconds"),
    [
        (Speed(400, 60), 2.5),
        (Speed(150, 15), 4.9),
        (Speed(80, 12), 7.55),
        (Speed(30, 5), 8.0),
        (Speed(0.0, 0.0), 8.0),
        (None, 2.5),
    ],
)
def test_auto_takes_as_long_as_the_model_needs_within_bounds(
    speed: Speed | None, seconds: float
):
    for mode in ("llm", "hybrid"):
        assert deadline_ms(mode, Config(), speed) == pytest.approx(
            seconds * 1000, rel=0.01
        )


def test_a_number_in_the_settings_stays_what_it_says():
    config = with_overrides(
        Config(), {"reply.llm_seconds": 3, "reply.hybrid_seconds": 40.0}
    )
    assert deadline_ms("llm", config, Speed(1, 1)) == 3000
    assert deadline_ms("hybrid", config, Speed(900, 90)) == 40_000
    assert deadline_ms("markov", config, Speed(1, 1)) == 100


@pytest.mark.parametrize("speed", [Speed(60, 4), Speed(20, 1.5), Speed(120, 9)])
def test_reading_and_writing_of_a_slow_model_end_in_time(speed: Speed):
    left = reply_time.time_limit_ms(speed) - 140
    answer = reply_time.answer_tokens(left, speed, 30)
    read = context.plan_budget(left, speed, answer, 1024)
    assert read / speed.prompt + answer / speed.decode <= left / 1000 or answer == 8
    assert read >= 32 and answer >= 8


def test_a_slow_model_is_asked_for_few_words_in_one_line():
    short = reply_time.shortened(PROMPT, 8, 30)
    assert (short.max_words, short.lines) == (6, 1)
    assert reply_time.shortened(PROMPT, 30, 30) == PROMPT
    terse = replace(PROMPT, max_words=3)
    assert reply_time.shortened(terse, 8, 30).max_words == 3


def test_only_a_quick_model_chooses_between_several_lines():
    assert reply_time.has_time_for_tries(Speed(400, 60))
    assert not reply_time.has_time_for_tries(Speed(80, 12))
