"""The view of the conversations screen: places, lines, and a reply's story."""

from dataclasses import replace
from functools import partial
from operator import attrgetter
from time import monotonic
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from app.core.explanation import Explanation
from app.core.names import GuildId
from app.core.safe_text import safe_line
from app.tui import discord_markdown, format, reply_explanation
from app.tui.base import MynahScreen
from app.tui.event_buffer import NewEvents
from app.tui.screens.conversations import channel_lines, channel_list
from app.tui.screens.conversations.channel_lines import (
    MESSAGES_SHOWN,
    STEP,
    TalkLine,
)
from app.tui.screens.conversations.channel_list import ListedPlace
from app.tui.widgets.dialogs import Detail
from app.tui.widgets.feed import Feed
from app.tui.widgets.wrapped_feed import WrappedFeed

if TYPE_CHECKING:
    from app.store.messages import Moment

RELOAD_SECONDS = 1.0
"""The shortest time between two readings, however many messages come in."""


class Inspector(VerticalScroll):
    """The story of a reply, with bars as wide as the pane."""

    class Resized(Message):
        """The pane was resized or laid out for the first time."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())


class TalkScreen(MynahScreen):
    """Places on the left, lines in the middle, the story of a reply on the right."""

    # On a narrower terminal the story would leave no room, so enter opens it.
    HORIZONTAL_BREAKPOINTS = [
        (0, "-narrow"),
        (120, "-medium"),
        (150, "-wide"),
        (190, "-vast"),
    ]

    place: ListedPlace | None = None
    """The visible place."""
    is_xrayed = False
    """True while words are colored by who decided them."""
    explained: Explanation | None = None
    """The story of the chosen line, if it is a reply."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[TalkLine] = []
        """The lines of the visible channel."""
        self._words = ""
        self._before: Moment | None = None
        """The moment that the visible lines come before; None for the newest lines."""
        self._is_found = False
        """True from the start of a search until its words or its place are left."""
        self._places: list[ListedPlace] = []
        self._conversations: list[ListedPlace] = []
        """The conversations listed below that channel."""
        self._reload_is_due = False
        self._read_at = 0.0
        """The monotonic time of the last reading."""

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="columns"):
            yield Feed(channel_list.draw, attrgetter("key"), id="places")
            yield WrappedFeed(channel_lines.draw, attrgetter("key"), id="lines")
            with Inspector(id="inspector"):
                yield Static("", id="story", markup=False)

    def on_mount(self) -> None:
        self.query_one("#places").focus()

    def refresh_data(self) -> None:
        self.fetch(self._load_places, self._show_places, "places")

    def hear(self, news: NewEvents) -> None:
        if news.replies:
            self.refresh_data()
        if self._concerns(news) and not self._reload_is_due:
            self._reload_is_due = True
            rests = self._read_at + RELOAD_SECONDS - monotonic()
            self.set_timer(max(0.01, rests), self.reload)

    def _concerns(self, news: NewEvents) -> bool:
        """Return whether something was written in the visible place."""
        place = self.place
        if place is None:
            return False
        if place.is_drafts or place.channel is None:
            return bool(news.replies)
        return (place.guild, place.channel) in news.channels

    def reload(self) -> None:
        """Read the lines of the place again."""
        self._reload_is_due, self._read_at = False, monotonic()
        if self.place and not self._is_found:
            self._load(self.place)

    async def _go_back(self) -> bool:
        """Find older lines, once the cursor is on the oldest one; tell if there are."""
        place, kept = self.place, [*self._lines]
        there = sorted(
            (line.at, line.key[1]) for line in kept if line.key[0] == "message"
        )
        if place is None or place.channel is None or not there:
            return False
        older = await self.app.shelf.messages(
            place.guild, place.channel, limit=STEP, before=there[0]
        )
        room = MESSAGES_SHOWN - len(older)
        if older and len(there) > room:
            self._before = there[room]
        return bool(older)

    async def _go_forth(self) -> bool:
        """Find the newer lines that follow, once the cursor is on the newest one."""
        place, before = self.place, self._before
        if place is None or place.channel is None or before is None:
            return False
        ts, row = before
        shelf = self.app.shelf
        self._before = await shelf.moment_after(place.channel, (ts, row - 1), STEP)
        return True

    def search(self, words: str) -> None:
        """Find the words in every message of the place, however old."""
        place = self.place
        if not words or place is None or place.is_drafts:
            return

        async def find() -> list[TalkLine]:
            found = await self.app.shelf.messages(
                place.guild, place.channel, words, MESSAGES_SHOWN
            )
            return channel_lines.merge(found, [], {})

        # At once: neither news nor cleared words may wait for its end.
        self._is_found = True
        self.fetch(find, self.show_lines, "lines")

    def action_filter(self) -> None:
        """Find words in every message of the place, from wherever the keys are."""
        super().action_filter()
        self._filtered = self.query_one("#lines", Feed)
        field = self.query_one("#filter", Input)
        field.placeholder = f"words to find in {self._searched_place()}; enter searches"

    def _searched_place(self) -> str:
        place = self.place
        return "every message" if place is None else safe_line(place.title)[:40]

    @on(Input.Submitted, "#filter")
    def _searched(self, event: Input.Submitted) -> None:
        self.search(event.value.strip())

    async def _load_places(self) -> list[ListedPlace]:
        app = self.app
        drafts = await app.shelf.drafts()
        if app.link_state.is_up:
            await app.know_guilds(draft.guild_id for draft in drafts)
        guilds = [*app.known_guilds.values()]
        return await channel_list.load(app.shelf, len(drafts), guilds)

    def _show_places(self, found: list[ListedPlace]) -> None:
        self._places = found
        feed = self.query_one("#places", Feed)
        shown = channel_list.with_conversations(found, self._conversations)
        keys = [place.key for place in shown]
        if self.place and self.place.key in keys:
            # The cursor may be on another place already, which is not yet heard of.
            feed.show(shown, None if feed.item else keys.index(self.place.key))
            return
        first = next((i for i, p in enumerate(shown) if p.channel or p.is_drafts), 0)
        feed.show(shown, first)
        if not found:
            advice = "Import messages on Learn (5)."
            self._say_empty(self.app.without_guilds(advice))

    @on(Feed.Moved, "#places")
    def _place_moved(self, event: Feed.Moved) -> None:
        place: ListedPlace = event.item
        if self.place is None or place.key != self.place.key:
            self.place, self._before, self._is_found = place, None, False
            self.clear_filter()
            self._load(place)
        self.refresh_bindings()

    def look_at(self, guild: GuildId, channel: int | None) -> None:
        """Show a channel as the place, without reading its lines."""
        feed = self.query_one("#places", Feed)
        for at, place in enumerate(feed.items):
            if place.key == (guild, channel, False, None):
                self.place = place
                feed.cursor = at

    @on(Feed.Chosen, "#places")
    def _place_chosen(self) -> None:
        self.query_one("#lines").focus()

    def _load(self, place: ListedPlace) -> None:
        self.fetch(lambda: self._load_lines(place), self.show_lines, "lines")

    async def _load_lines(self, place: ListedPlace) -> list[TalkLine]:
        if place.channel is None:
            shelf = self.app.shelf
            is_drafts = place.is_drafts
            found = await (shelf.drafts() if is_drafts else shelf.replies(place.guild))
            titles = self._titles()
            return [
                replace(line, name=titles.get(line.reply.channel_id, line.name))
                for line in channel_lines.merge([], found, {})
                if line.reply
            ]
        lines = await channel_lines.load(
            self.app.shelf, place.guild, place.channel, self._before
        )
        await self.query_one("#lines", WrappedFeed).draw_ahead(lines)
        return lines

    def _titles(self) -> dict[int | None, str]:
        """Return the channels' names by row, as in the list of places."""
        places: list[ListedPlace] = self.query_one("#places", Feed).items
        return {place.channel: place.title for place in places if place.channel}

    def show_lines(self, lines: list[TalkLine]) -> None:
        """Show these lines of the place."""
        self._lines = lines
        place = self.place
        if place is not None:
            inner = channel_list.conversations(place, lines) if place.channel else []
            keys = [one.key for one in inner]
            is_kept = place.conversation is not None and place.key not in keys
            if inner != self._conversations and not is_kept:
                self._conversations = inner
                self._show_places(self._places)
        self._show_matching()

    def filter(self, words: str) -> None:
        self._words = words.strip().lower()
        if self._is_found and not self._words:
            self._is_found = False
            self.reload()
        self._show_matching()

    def _show_matching(self) -> None:
        words = self._words
        wanted = self.place.conversation if self.place else None
        shown = [
            line
            for line in self._lines
            if (not words or words in f"{line.name} {line.text}".lower())
            and wanted in (None, line.conversation)
        ]
        feed = self.query_one("#lines", Feed)
        shown = channel_lines.with_days(shown)
        # At the newest lines the list itself follows what comes in.
        kept = feed.items[max(0, feed.cursor) :] if self._before is not None else []
        here = next((line.key for line in kept if line.key[0] != "day"), None)
        keys = [line.key for line in shown]
        feed.show(shown, keys.index(here) if here in keys else None)
        if not shown:
            self._say_empty(self._nothing())

    def _nothing(self) -> str:
        """Say why no line is shown."""
        place = self.place
        if self._is_found or (self._words and place and place.is_drafts):
            return "Nothing here matches."
        if not self._words or not self._lines:
            return "Nothing here yet."
        where = self._searched_place()
        return f"Nothing in these lines matches. Press enter to search {where}."

    def _say_empty(self, text: str) -> None:
        self.query_one("#lines", Feed).empty = text
        self.explained = None
        self._tell("")
        self.refresh_bindings()

    @on(Feed.Moved, "#lines")
    def _line_moved(self, event: Feed.Moved) -> None:
        line: TalkLine = event.item
        self.refresh_bindings()
        self._reach(event.feed)
        if line.reply is None:
            self.explained = None
            forget = self.app.advice("\n\nPress <f conversations.forget> to forget it.")
            self._tell(_message_story(line).append(Content.styled(forget, "$quiet")))
            return
        job = partial(self.app.shelf.explanation, line.reply.id)
        self.fetch(job, self._show_story, "story")

    def _reach(self, feed: Feed) -> None:
        """Go on to older or newer lines at either end of those that are here."""
        place = self.place
        is_channel = place is not None and place.channel and not place.conversation
        if not is_channel or self._is_found or self._words or not feed.has_focus:
            return
        is_last = feed.cursor == len(feed.items) - 1
        if feed.cursor == 0:
            self.fetch(self._go_back, self._reload_if, "ends")
        elif is_last and self._before is not None:
            self.fetch(self._go_forth, self._reload_if, "ends")

    def _reload_if(self, there_is_more: bool) -> None:
        if there_is_more:
            self.reload()

    def _show_story(self, explained: Explanation | None) -> None:
        line: TalkLine | None = self.query_one("#lines", Feed).item
        if line is None or line.reply is None:
            # Its line has gone from the list while it was read.
            return
        self.explained = explained
        self.refresh_bindings()
        self._draw_story()

    @on(Inspector.Resized)
    def _draw_story(self) -> None:
        if self.explained is not None:
            width = max(30, self.query_one("#inspector").outer_size.width - 4)
            story = reply_explanation.draw(
                self.explained, width, self.app.remedy, is_xrayed=self.is_xrayed
            )
            self._tell(story)

    def _tell(self, story: Content | str) -> None:
        """Show a story; only one of another height makes the screen lay out anew."""
        static = self.query_one("#story", Static)
        static.update(story, layout=False)
        size = static.size
        height = static.get_content_height(size, size, size.width)
        if height != size.height:
            static.refresh(layout=True)

    @on(Feed.Chosen, "#lines")
    def _open_story(self, event: Feed.Chosen) -> None:
        if self.query_one("#inspector").display:
            return
        if self.explained:
            story = reply_explanation.draw(
                self.explained, 54, self.app.remedy, is_xrayed=self.is_xrayed
            )
            self.app.push_screen(Detail("", story))
        else:
            text = discord_markdown.styled(event.item.text, covers=False)
            self.app.push_screen(Detail(event.item.name, text))


def _message_story(line: TalkLine) -> Content:
    return Content.assemble(
        (f"{line.name}\n", "bold"),
        (f"{format.date(line.at / 1000)}, {format.clock(line.at / 1000)}\n", "$quiet"),
        discord_markdown.styled(line.text, covers=False),
    )
