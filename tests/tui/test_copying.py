"""Lines, replies, links and ids are copied and opened by keys and by mouse."""

import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.core.paths import Home
from app.store import guilds, members, messages
from app.store.database import Database
from app.tui import clipboard
from app.tui.app import MynahApp
from app.tui.screens.conversations.channel_lines import TalkLine
from app.tui.screens.conversations.line_copies import addresses, parts
from app.tui.widgets.feed import Feed
from tests.tui.sample_home import NOW, make_home
from tests.tui.terminal import Open, settle, text_of, told

TEXT = "**look** at https://example.com/a_(b)?q=1, and ||hidden|| http://x.example."
MESSAGE = str(10**18 + 7)


@pytest.fixture(scope="module")
def link_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a channel whose newest message has addresses."""
    home = make_home(tmp_path_factory.mktemp("links") / "home")
    with Database(home.database) as database:
        database.call(_fill)
    return home


def _fill() -> None:
    guild = guilds.ensure("The Players").id
    channel = guilds.ensure_channel(guild, "links").id
    member = members.ensure(guild, "toby", "Toby").id
    new = messages.NewMessage(channel, member, MESSAGE, int(NOW * 1000), TEXT)
    messages.add_many(guild, [new])


async def to_links(pilot: Pilot[int]) -> Feed:
    places = pilot.app.screen.query_one("#places", Feed)
    at = next(n for n, one in enumerate(places.items) if one.title == "#links")
    places.cursor = at
    await settle(pilot)
    await pilot.press("right")
    await settle(pilot)
    return pilot.app.screen.query_one("#lines", Feed)


@pytest.mark.parametrize(
    ("steps", "copied"),
    [(0, TEXT), (1, MESSAGE), (2, "https://example.com/a_(b)?q=1")],
)
async def test_a_part_of_the_chosen_line_is_copied(
    steps: int, copied: str, open_app: Open, link_home: Home
):
    async with open_app("conversations", home=link_home, size=(120, 40)) as pilot:
        await to_links(pilot)
        assert "o Copy, open" in text_of(pilot)
        await pilot.press("o", *["down"] * steps, "enter")
        await settle(pilot)
        assert pilot.app.clipboard == copied
        assert "Copied." in told(pilot)


async def test_an_address_is_opened_after_it_was_shown_whole(
    open_app: Open, link_home: Home, monkeypatch: pytest.MonkeyPatch
):
    opened: list[str] = []
    monkeypatch.setattr(MynahApp, "open_url", lambda self, url: opened.append(url))
    async with open_app("conversations", home=link_home, size=(120, 40)) as pilot:
        await to_links(pilot)
        for answer, count in (("n", 0), ("y", 1)):
            await pilot.press("o", "down", "down", "down", "enter")
            await settle(pilot)
            assert "https://example.com/a_(b)?q=1" in text_of(pilot)
            assert opened == []
            await pilot.press(answer)
            await settle(pilot)
            assert len(opened) == count
    assert opened == ["https://example.com/a_(b)?q=1"]


def test_a_message_of_discord_has_an_id_and_a_link_and_a_file_s_none():
    line = TalkLine(("message", 1), 0, "Toby", "hi", external="55")
    on_discord = dict(parts(line, "11", "22"))
    link = "https://discord.com/channels/11/22/55"
    assert on_discord["Copy the link to it on Discord"].text == link
    assert on_discord["Open it on Discord"].is_opened
    assert [name for name, _ in parts(line, "", "general")] == [
        "Copy the text",
        "Copy the ID: 55",
    ]
    of_file = TalkLine(("message", 1), 0, "Toby", "hi", external="m1")
    assert [name for name, _ in parts(of_file, "11", "22")] == ["Copy the text"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see <https://a.example/x>.", ["https://a.example/x"]),
        ("javascript:alert(1) file:///etc/passwd ftp://x", []),
        ("http://a.b http://a.b", ["http://a.b"]),
        ("(https://a.b/c)", ["https://a.b/c"]),
    ],
)
def test_only_addresses_of_the_web_are_found(text: str, found: list[str]):
    assert addresses(text) == found


async def test_the_mouse_selects_text_of_a_list_and_a_key_copies_it(
    open_app: Open, link_home: Home
):
    async with open_app("conversations", home=link_home, size=(160, 40)) as pilot:
        feed = await to_links(pilot)
        row = feed.top_of(feed.cursor)
        before = feed.cursor
        start = text_of(pilot).splitlines()[feed.region.y + row].index("look")
        x = start - feed.region.x
        await pilot.mouse_down("#lines", offset=(x, row))
        await pilot.hover("#lines", offset=(x + 7, row))
        await pilot.mouse_up("#lines", offset=(x + 7, row))
        await settle(pilot)
        await pilot.press("ctrl+c")
        await settle(pilot)
        assert pilot.app.clipboard == "look at"
        assert feed.cursor == before


@pytest.mark.skipif(sys.platform != "linux", reason="a program of Linux is played")
async def test_the_clipboard_of_the_system_has_the_text_as_well(
    open_app: Open, link_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    taken = tmp_path / "taken"
    played = tmp_path / "xclip"
    played.write_text(f'#!/bin/sh\n/bin/cat > "{taken}"\n')
    played.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(MynahApp, "is_headless", property(lambda self: False))
    async with open_app("conversations", home=link_home, size=(120, 40)) as pilot:
        await to_links(pilot)
        await pilot.press("o", "enter")
        await settle(pilot)
    assert taken.read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize(
    ("environment", "called"),
    [
        ({"SSH_CONNECTION": "1", "DISPLAY": ":0"}, []),
        ({}, []),
        ({"DISPLAY": ":0"}, ["xsel", "-b", "-i"]),
        ({"WAYLAND_DISPLAY": "wayland-0"}, []),
    ],
)
def test_the_system_s_program_is_one_that_is_here(
    environment: dict[str, str],
    called: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "xsel").write_text("")
    (tmp_path / "xsel").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clipboard.program(environment) == called
