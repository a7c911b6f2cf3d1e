"""Requests about what is done on Discord for the owner."""

import pytest

from app.ipc.control import discord
from app.ipc.wire import WireError, build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(discord.DISCORD_REQUESTS)


def test_a_draft_is_sent_as_it_is_unless_other_words_are_given() -> None:
    assert build(discord.Decide, {"reply": 3, "approve": True}).text is None


def test_a_draft_is_neither_sent_nor_discarded_by_mistake() -> None:
    with pytest.raises(WireError, match="approve"):
        build(discord.Decide, {"reply": 3})
