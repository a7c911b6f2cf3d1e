from urllib.parse import parse_qs, urlsplit

import discord

from app.service.invite_link import RIGHTS, SCOPES, invite_url


def test_the_link_asks_for_the_rights_of_the_list_by_discords_own_bits():
    asked = parse_qs(urlsplit(invite_url(42)).query)
    permissions = discord.Permissions(int(asked["permissions"][0]))
    assert {name for name, held in permissions if held} == set(RIGHTS)
    assert asked["client_id"] == ["42"]
    assert asked["scope"] == [" ".join(SCOPES)]


def test_every_right_has_the_reason_why_it_is_needed():
    assert all(reason for _, reason in RIGHTS.values())
