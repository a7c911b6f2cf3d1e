"""What members tell of themselves, read by rules."""

import pytest

from app.chat.fact_reader import facts_in
from app.store.given.member_facts import Fact
from tests.bench.bench_facts import HALVES, dialogues, score


@pytest.mark.parametrize("half", HALVES)
def test_nearly_all_that_is_found_in_made_up_dialogues_is_right(half: str) -> None:
    chosen = dialogues(half)
    got = score(chosen)
    assert len(chosen) >= 100 and got.told >= 45
    assert got.precision >= 0.95 and got.recall >= 0.85, got


def test_faith_health_love_and_politics_are_no_facts() -> None:
    for text in ("I'm gay", "I am a Catholic", "I'm a diabetic", "i am a socialist"):
        assert facts_in(text) == []


def test_nobody_is_read_who_quotes_acts_or_writes_code() -> None:
    told = "I live in Rome."
    assert facts_in(told) == [Fact("lives", "Rome")]
    for text in (f"> {told}", f"```{told}```", f'"{told}"', f"*{told}*", f"||{told}||"):
        assert facts_in(text) == [], text
    assert facts_in("I live in **Rome**") == [Fact("lives", "Rome")]
    assert facts_in("I live in Rome. " + "x" * 400) == []
