"""A list of servers, which asks the bot for a page where there are many."""

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING

from textual.content import Content

from app.tui.asking_screen import AskingScreen
from app.tui.widgets.feed import Feed

if TYPE_CHECKING:
    from app.ipc.control import GuildFigures, GuildsReply
    from app.tui.app import MynahApp

STEP = 50
"""The servers that a page has more, each time the cursor comes to its end."""

MOST_SHOWN = 1000
"""The most servers on it; words find the others."""


class GuildFeed(Feed):
    """The first servers by name, or those with the filter's words in their names."""

    app: "MynahApp"

    def __init__(
        self,
        draw: "Callable[[GuildFigures, int], Content]",
        head: Callable[[int, str], str],
        *,
        id: str,
    ) -> None:
        """`head` returns the titles, from a width and how many servers are shown."""
        super().__init__(draw, attrgetter("row"), id=id, head=self._counted)
        self._titles = head
        self._page: GuildsReply | None = None
        """The servers that were asked for; None for those that the app knows."""
        self._limit = STEP

    async def load(self) -> bool:
        """Ask the bot for the servers again."""
        from app.ipc import control

        await self.app.load_guilds()
        self._page = None
        if self.app.has_more_guilds and (self.words or self._limit > STEP):
            asked = control.Guilds(self.words, limit=self._limit)
            self._page = await self.app.link.call(asked)
        return True

    def show_guilds(self) -> None:
        """Show the servers that were loaded last."""
        self.show(self._page.guilds if self._page else self.app.guilds)

    def filter(self, words: str) -> None:
        before, self._limit = self.words, STEP
        super().filter(words)
        if self.words != before:
            self._ask_again()

    def watch_cursor(self, before: int, _now: int) -> None:
        super().watch_cursor(before, _now)
        shown = len(self.items)
        is_last = 0 <= self.cursor == shown - 1
        if is_last and shown < min(self._in_all, MOST_SHOWN):
            self._limit = shown + STEP
            self._ask_again()

    @property
    def _in_all(self) -> int:
        return self._page.matching if self._page else self.app.all_guilds

    def _ask_again(self) -> None:
        if self.app.has_more_guilds and isinstance(self.screen, AskingScreen):
            group = f"servers of {self.id}"
            self.screen.fetch(self.load, lambda _: self.show_guilds(), group)

    def _counted(self, width: int) -> str:
        shown, of = len(self.items), self._in_all
        if not self.app.has_more_guilds:
            return self._titles(width, "")
        of = self.app.all_guilds if shown == of else of
        return self._titles(width, f"{shown:,} of {of:,}")
