"""Requests about the servers and their data."""

from dataclasses import replace

import pytest
from hypothesis import given

from app.core.safe_text import safe_json
from app.ipc.control import guilds
from app.ipc.wire import WireError, build
from tests.ipc.round_trip import survives, values

HOSTILE = "den\x1b]0;owned\x07\u202e"


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(guilds.GUILD_REQUESTS)


@given(values(guilds.GuildFigures))
def test_a_servers_key_finds_it_again_however_its_name_is_shown(
    figures: guilds.GuildFigures,
) -> None:
    shown = safe_json(replace(figures, guild=HOSTILE, key=HOSTILE))
    assert shown.key == HOSTILE
    assert "\x1b" not in shown.guild and "\u202e" not in shown.guild


def test_a_channel_is_neither_learned_nor_left_by_mistake() -> None:
    """There is no default for what decides whether people are listened to."""
    with pytest.raises(WireError, match="learn"):
        build(guilds.Listen, {"guild": "den", "channel": "tavern"})
