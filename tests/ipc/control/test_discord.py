"""Requests about what is done on Discord for the owner."""

import pytest

from app.ipc.control import discord
from app.ipc.wire import WireError, build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(discord.DISCORD_REQUESTS)


def test_a_draft_is_sent_as_it_is_unless_other_words_are_given() -> None:
    assert build(discord.Decide, {"reply": 3, "approve": True}).text is None


def test_a_channel_is_neither_learned_nor_left_by_mistake() -> None:
    """There is no default for what decides whether people are listened to."""
    with pytest.raises(WireError, match="learn"):
        build(discord.Listen, {"guild": "den", "channel": "tavern"})
    with pytest.raises(WireError, match="approve"):
        build(discord.Decide, {"reply": 3})
