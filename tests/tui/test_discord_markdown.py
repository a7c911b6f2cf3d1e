"""Discord's markdown on the screens: as it looks there, and harmless whatever it is."""

import pytest
from textual.pilot import Pilot

from app.core.paths import Home
from app.store import guilds, members, messages
from app.store.database import Database
from app.tui.discord_markdown import styled
from app.tui.widgets.feed import Feed
from app.tui.widgets.wrapped_feed import WrappedFeed
from tests.tui.sample_home import NOW, make_home
from tests.tui.terminal import Open, drawn, settle, text_of

Spans = list[tuple[str, str]]


def spans(text: str, *, covers: bool = True) -> Spans:
    """What is drawn in each style."""
    shown = styled(text, covers=covers)
    return [(str(one.style), shown.plain[one.start : one.end]) for one in shown.spans]


@pytest.mark.parametrize(
    ("text", "plain", "styles"),
    [
        ("**bold** and *it*", "bold and it", [("bold", "bold"), ("italic", "it")]),
        ("_it_ __under__", "it under", [("italic", "it"), ("underline", "under")]),
        ("~~gone~~", "gone", [("strike", "gone")]),
        ("***both***", "both", [("bold italic", "both")]),
        ("`a*b*` ``x`y``", "a*b* x`y", [("code", "a*b*"), ("code", "x`y")]),
        ("```py\nx = 1\n```", "x = 1", [("code", "x = 1")]),
        ("> told\nheard", "▎ told\nheard", [("$quiet", "▎ ")]),
        (">>> a\nb", "▎ a\n▎ b", [("$quiet", "▎ "), ("$quiet", "▎ ")]),
        ("# Title", "Title", [("bold underline", "Title")]),
        ("-# small", "small", [("$quiet", "small")]),
        ("- one\n* two", "• one\n• two", []),
        ("hi <:wave:123456789> <a:go:987654321>", "hi :wave: :go:", []),
        (r"\*plain\*", "*plain*", []),
    ],
)
def test_it_looks_as_on_discord(text: str, plain: str, styles: Spans):
    code = "$foreground on $surface"
    assert styled(text).plain == plain
    assert spans(text) == [(code if s == "code" else s, t) for s, t in styles]


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 * 4", "snake_case_name", "**open", "****", "a ` b", "```", "|| x",
        "* ", "<:no", "[bold]x[/bold]", "$accent", "\\", "¯\\_(ツ)_/¯",
    ],
)  # fmt: skip
def test_what_matches_nothing_stays_as_it_was_written(text: str):
    assert text.replace("\\_", "_").removeprefix("* ") == styled(
        text
    ).plain.removeprefix("• ")
    assert spans(text) == []


def test_a_spoiler_is_covered_in_the_list_and_told_in_the_story():
    text = "the killer is ||**the** cook||!"
    assert styled(text).plain == "the killer is ▒▒▒ ▒▒▒▒!"
    assert styled(text, covers=False).plain == "the killer is the cook!"


@pytest.mark.parametrize("covers", [False, True])
def test_no_markdown_lets_a_control_through(covers: bool):
    for text in ("**\x1b[2J**", "`\x1b]0;x\x07`", "||\u202etac||", "> \x9b31m", "\x00"):
        plain = styled(text, covers=covers).plain
        assert not set(plain) & set("\x1b\x07\x9b\u202e\x00"), text


LONG = "a **long** message " + "about the harbour and its ships " * 20
FLOOD = "\n".join(f"row {number}" for number in range(400))
SECRET = "it was ||the lighthouse keeper|| all along"


@pytest.fixture(scope="module")
def talk_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a channel of messages of every kind."""
    home = make_home(tmp_path_factory.mktemp("talk") / "home")
    with Database(home.database) as database:
        database.call(_fill)
    return home


def _fill() -> None:
    guild = guilds.ensure("The Players").id
    channel = guilds.ensure_channel(guild, "wrapped").id
    member = members.ensure(guild, "toby", "Toby").id
    texts = [*(f"line {number}" for number in range(60)), LONG, FLOOD, SECRET]
    lines = [
        messages.NewMessage(
            channel, member, str(10**18 + n), int(NOW * 1000) + n * 1000, text
        )
        for n, text in enumerate(texts)
    ]
    messages.add_many(guild, lines)


async def to_wrapped(pilot: Pilot[int]) -> Feed:
    places = pilot.app.screen.query_one("#places", Feed)
    at = next(n for n, one in enumerate(places.items) if one.title == "#wrapped")
    places.cursor = at
    await settle(pilot)
    await pilot.press("right")
    await settle(pilot)
    return pilot.app.screen.query_one("#lines", Feed)


def text_at(feed: Feed) -> str:
    """The text of the message under the cursor."""
    assert feed.item is not None
    return str(feed.item.text)


@pytest.mark.parametrize("width", [80, 200])
async def test_a_long_message_is_read_in_the_list_and_a_flood_is_cut(
    width: int, open_app: Open, talk_home: Home
):
    async with open_app("conversations", home=talk_home, size=(width, 50)) as pilot:
        feed = await to_wrapped(pilot)
        page = text_of(pilot)
        assert "it was ▒▒▒ ▒▒▒▒▒▒▒▒▒▒ ▒▒▒▒▒▒" in page
        assert "row 10" in page and "row 11" not in page
        assert page.count("…") == (1 if width == 200 else 2)
        if width == 200:
            assert page.count("harbour") == 20
        assert "**" not in page
        assert text_at(feed) == SECRET, "the cursor is on the newest message"


async def test_keys_and_clicks_move_by_messages_and_show_each_whole(
    open_app: Open, talk_home: Home
):
    async with open_app("conversations", home=talk_home, size=(120, 30)) as pilot:
        feed = await to_wrapped(pilot)
        assert isinstance(feed, WrappedFeed)
        await pilot.press("up", "up")
        await settle(pilot)
        assert text_at(feed) == LONG
        top, end = feed.top_of(feed.cursor), feed.top_of(feed.cursor + 1)
        assert feed.scroll_offset.y <= top < end <= feed.scroll_offset.y + feed._rows
        for key in ("pageup", "pageup", "pagedown", "home", "end"):
            await pilot.press(key)
            await settle(pilot)
            shown = feed.top_of(feed.cursor) - feed.scroll_offset.y
            assert 0 <= shown < feed._rows, key
        assert text_at(feed) == SECRET
        row = feed.top_of(feed.cursor - 1) - feed.scroll_offset.y + 3
        await pilot.click("#lines", offset=(20, row))
        assert text_at(feed) == FLOOD, "a click on any of its lines chooses it"


async def test_the_list_is_laid_out_anew_in_a_terminal_of_another_width(
    open_app: Open, talk_home: Home
):
    async with open_app("conversations", home=talk_home, size=(200, 40)) as pilot:
        feed = await to_wrapped(pilot)
        wide = feed.virtual_size.height
        await pilot.resize_terminal(80, 40)
        await settle(pilot)
        assert feed.virtual_size.height > wide
        assert "it was ▒▒▒" in text_of(pilot)


async def test_styles_are_on_the_terminal(open_app: Open, talk_home: Home):
    async with open_app("conversations", home=talk_home, size=(160, 50)) as pilot:
        await to_wrapped(pilot)
        styles = [
            segment.style
            for strip in drawn(pilot)
            for segment in strip
            if segment.text.strip() == "long"
        ]
        assert styles and all(style and style.bold for style in styles)


@pytest.mark.parametrize("height", [24, 30, 40])
async def test_the_newest_message_is_in_view_and_its_rows_stand_below_each_other(
    height: int, open_app: Open, talk_home: Home
):
    async with open_app("conversations", home=talk_home, size=(80, height)) as pilot:
        feed = await to_wrapped(pilot)
        # The other list's cursor stands further left.
        rows = [row for row in text_of(pilot).splitlines() if "▌" in row[15:]]
        assert len(rows) == feed.top_of(len(feed.items)) - feed.top_of(feed.cursor) > 1
        assert rows[0].index("it was") == rows[1].index(rows[1].split("▌")[1].strip())
