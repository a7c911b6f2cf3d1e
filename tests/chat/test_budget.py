"""What fills a prompt, within its tokens."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.chat import context
from app.chat.budget import Shares, fill
from app.core.names import GuildId
from app.core.token_estimate import estimate_tokens
from app.providers.base import LoreText, Prompt, Turn

LAST = Turn("ann", "what do you say to that?", message=100)
EMPTY = Prompt(GuildId(1), "1:c", "Mynah", ())


def turn(row, words=6):
    return Turn("bob", "word " * words, message=row)


OWN = [turn(row) for row in range(1, 9)]
NOISE = [turn(row) for row in range(50, 70)]
MOMENT = (turn(2001), turn(2002))
FULL = replace(
    EMPTY,
    persona="a parrot",
    summary="Bob asked for words. Ann gave him some. They went on for long.",
    moments=(MOMENT,) * 5,
    examples=("one of many lines", "another of many lines"),
    drafts=("a draft of the chain",),
)


def test_each_part_says_its_tokens_and_together_they_keep_the_budget():
    made = fill(FULL, OWN, NOISE, LAST, 400, Shares())
    assert set(made.filled) == {
        "persona", "summary", "recalled", "examples", "drafts", "conversation",
        "channel",
    }  # fmt: skip
    assert sum(made.filled.values()) <= 400
    assert made.filled["recalled"] <= 100
    assert made.summary == FULL.summary
    assert made.turns[-1] == LAST


def test_what_a_part_does_not_use_goes_to_the_turns():
    alone = fill(EMPTY, OWN, NOISE, LAST, 420, Shares())
    full = fill(FULL, OWN, NOISE, LAST, 420, Shares())
    assert set(alone.filled) == {"conversation", "channel"}
    spent = sum(alone.filled.values())
    assert spent > full.filled["conversation"] + full.filled.get("channel", 0)


def test_the_shares_are_the_owners_choice():
    none = fill(FULL, OWN, NOISE, LAST, 400, Shares(0, 0, 0))
    assert (none.moments, none.summary, none.examples, none.drafts) == ((), "", (), ())
    much = fill(FULL, OWN, NOISE, LAST, 400, Shares(recall=70))
    assert len(much.moments) > len(fill(FULL, OWN, NOISE, LAST, 400, Shares()).moments)


def test_a_summary_is_cut_between_sentences():
    share = estimate_tokens(FULL.summary) - 2
    made = fill(FULL, [], [], LAST, share * 100 // 15 + 1, Shares())
    assert made.summary == "Bob asked for words. Ann gave him some."
    assert fill(FULL, [], [], LAST, 32, Shares()).summary == ""


def test_lore_that_fits_is_told_whole_or_cut_between_sentences():
    lore = (
        LoreText("rules", "No spam. " + "And no noise " * 40 + "at night."),
        LoreText("cat", "It is grey."),
        LoreText("sea", "It is a very deep one that never ends"),
    )
    prompt = replace(EMPTY, lore=lore)
    made = fill(prompt, OWN, NOISE, LAST, 400, Shares(lore=4))
    assert made.filled["lore"] <= 16
    assert made.lore == (
        LoreText("rules", "No spam."),
        LoreText("cat", "It is grey."),
    )
    assert fill(prompt, [], [], LAST, 4000, Shares()).lore == lore
    assert fill(prompt, [], [], LAST, 4000, Shares(lore=0)).lore == ()


def test_the_channels_noise_is_counted_apart():
    made = fill(EMPTY, OWN, NOISE, LAST, 1000, Shares())
    noise = [turn for turn in made.turns if turn in NOISE]
    assert made.filled["channel"] == context.cost_of(noise)
    assert made.filled["conversation"] == context.cost_of([*OWN, LAST])


@given(st.integers(32, 2000), st.integers(0, 80), st.integers(0, 80))
def test_no_part_takes_more_than_its_share(tokens, recall, summary):
    made = fill(FULL, OWN, NOISE, LAST, tokens, Shares(recall, summary))
    assert made.filled.get("recalled", 0) <= tokens * recall / 100
    assert made.filled.get("summary", 0) <= tokens * summary / 100
    assert made.turns[-1] == LAST
