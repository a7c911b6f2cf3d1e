import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat import ab_arms, self_tune
from app.core.errors import ConfigError
from app.importers.filters import Filters
from app.settings import speech_rules
from app.settings.base_url import parse
from app.settings.schema import Config
from app.settings.setting_keys import (
    check,
    from_text,
    keys,
    with_overrides,
    with_stored,
)


def test_every_number_declares_both_its_bounds_and_refuses_none_numbers():
    for key in keys().values():
        if key.type in (int, float):
            assert key.low is not None and key.high is not None, key.name
            for bad in (math.nan, math.inf, -math.inf, 10**400):
                with pytest.raises(ConfigError):
                    check(key.name, bad)


def test_a_number_or_auto_is_taken_and_other_words_are_refused():
    for text, value in ((" Auto ", "auto"), ("3", 3.0), ("auto", "auto")):
        assert from_text("reply.hybrid_seconds", text) == value
    for text in ("", "automatic", "none", "0", "nan"):
        with pytest.raises(ConfigError, match="or auto"):
            from_text("reply.hybrid_seconds", text)
    with pytest.raises(ConfigError):
        from_text("model.context", "auto")


def test_a_stored_value_that_cannot_work_any_more_is_left_out(caplog):
    stored = {"learn.patterns": ["["], "reply.dial": 30}
    config = with_stored(Config(), stored)
    assert config.learn.patterns == [] and config.reply.dial == 30
    assert "learn.patterns" in caplog.text


@given(st.sampled_from(sorted(keys())), st.text(max_size=40))
def test_whatever_is_accepted_works(name: str, text: str):
    try:
        value = from_text(name, text)
    except ConfigError:
        return
    assert check(name, value) == value
    config = with_overrides(Config(), {name: value})
    speech_rules.is_quiet(60, config.speak.quiet_hours)
    Filters(config.learn, config.bot.prefix).reason("free nitro, here")
    for arm in config.reply.split:
        ab_arms.parse(arm)
    self_tune.arms(
        config.reply.tune_modes, config.reply.tune_dial_low, config.reply.tune_dial_high
    )
    parse(config.openai.base_url)
