import asyncio
from argparse import Namespace
from urllib.parse import parse_qs, urlsplit

import discord
import pytest

from app.cli import invite
from app.core import secrets
from app.core.errors import UsageError
from app.core.invite_link import RIGHTS, SCOPES, invite_url
from app.core.paths import Home
from tests.discord_stand_in.server import TOKEN, DiscordStandIn


def test_the_link_asks_for_the_rights_of_the_list_by_discords_own_bits():
    asked = parse_qs(urlsplit(invite_url(42)).query)
    permissions = discord.Permissions(int(asked["permissions"][0]))
    assert {name for name, held in permissions if held} == set(RIGHTS)
    assert asked["client_id"] == ["42"]
    assert asked["scope"] == [" ".join(SCOPES)]


def test_every_right_has_the_reason_why_it_is_needed():
    assert all(reason for _, reason in RIGHTS.values())


async def test_a_command_prints_the_link_and_nothing_else(
    stand_in: DiscordStandIn, home: Home, capsys: pytest.CaptureFixture[str]
):
    secrets.put(home, "bot_token", TOKEN)
    asked = Namespace(home=str(home.root), json=False)
    assert await asyncio.to_thread(invite.run, asked) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("https://discord.com/oauth2/authorize?client_id=")


async def test_without_a_token_the_command_says_where_to_enter_one(home: Home):
    asked = Namespace(home=str(home.root), json=False)
    with pytest.raises(UsageError, match="no bot token") as refused:
        await asyncio.to_thread(invite.run, asked)
    assert "mynah config set bot_token" in refused.value.hint
