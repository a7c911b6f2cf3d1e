"""Home: the bot's health, today's activity, and one line per server."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Static

from app.tui import format
from app.tui.base import MynahScreen
from app.tui.event_buffer import NewEvents
from app.tui.health import (
    health,
)
from app.tui.screens.home import home_charts, home_lines
from app.tui.widgets.charts import Columns, Sparks
from app.tui.widgets.dialogs import Confirm
from app.tui.widgets.feed import Feed
from app.tui.widgets.guild_feed import GuildFeed

if TYPE_CHECKING:
    from app.core.names import GuildId
    from app.ipc.control import StatusReply
    from app.store.rows import StoredReply

    Recent = tuple[list[StoredReply], dict[GuildId, str]]
    """The last replies, and the names of their servers."""

RECENT_SHOWN = 22

NO_SERVERS = (
    "Press <w home.app.wizard> for the first steps, or import messages on Learn (5)."
)


class HomeScreen(MynahScreen):
    """The screen to leave open."""

    NAME = "home"
    CSS_PATH = "home_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start_or_stop", "Start/stop"),
        Binding("r", "restart", "Restart"),
        Binding("o", "discord", "On/offline"),
        Binding("enter", "open", "Open server", show=False),
        Binding("g", "graphs", "Graphs"),
        Binding("w", "app.wizard", "First steps"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._recent: Recent = ([], {})
        self._costs: list[float] = []
        self._told = ""
        """The bot's last words on Discord."""

    def compose_body(self) -> ComposeResult:
        yield Static(id="state", markup=False)
        yield Static(id="today", markup=False)
        yield GuildFeed(home_lines.draw_guild, home_lines.head, id="servers")
        with Horizontal(id="charts"):
            yield Columns("Replies, 24 h", format.count, id="replies")
            yield Sparks("Reply time, 24 h", home_charts.reply_time, id="times")
            yield Columns("Cost, 31 days", format.money, id="cost")
        with Container(id="lower"):
            yield Static(id="recent", markup=False)
            yield Static(id="events", markup=False)

    def on_mount(self) -> None:
        self.query_one(Feed).focus()

    def status_changed(self) -> None:
        link, status = self.app.link_state, self.app.status
        how = health(link, status)
        shown = home_lines.state(
            how,
            status,
            self._since(status),
            self.app.shelf.trouble,
            self.app.remedy,
            self.query_one("#state").content_size.width,
        )
        self.query_one("#state", Static).update(shown)
        today = self.query_one("#today", Static)
        today.update(home_lines.today(status, self._costs) if status else "")
        today.set_class(status is None, "-none")
        events = [*(status.events if status else ()), *self.app.events]
        happened = self.query_one("#events", Static)
        happened.update(home_lines.events(events, self.app.clock()))
        happened.set_class(not events, "-none")
        told = status.discord.reason if status else ""
        before, self._told = self._told, told
        if before and told != before:
            # It names the number of servers, among other things.
            self.refresh_data()
        self._show_guilds()

    def on_resize(self) -> None:
        """Break the lines of the state anew."""
        self.call_after_refresh(self.status_changed)

    def _since(self, status: "StatusReply | None") -> float:
        """The start of the bot, in seconds since the epoch; 0 if unknown."""
        up = status.uptime_seconds if status else 0.0
        return self.app.status_at - up if up else 0.0

    def refresh_data(self) -> None:
        if self.app.link_state.is_up:
            load = self.query_one(GuildFeed).load
            self.fetch(load, lambda _: self._show_guilds(), "guilds")
        self.fetch(self._load_trends, self._show, "trends")
        self.fetch(self._load_recent, self._show_recent, "recent")

    def hear(self, news: NewEvents) -> None:
        if news.replies:
            self.refresh_data()

    async def _load_recent(self) -> "Recent":
        replies = await self.app.shelf.replies(limit=RECENT_SHOWN)
        rows = {reply.guild_id for reply in replies}
        return replies, await self.app.shelf.guild_names(rows)

    async def _load_trends(self) -> home_charts.Trends:
        return await home_charts.load(self.app.shelf, self.app.clock())

    def _show_guilds(self) -> None:
        feed = self.query_one(GuildFeed)
        feed.show_guilds()
        feed.empty = self.app.without_guilds(NO_SERVERS)
        # By class: a panel that the owner hid stays hidden.
        is_known = bool(self.app.guilds) or self.app.link_state.is_up
        feed.set_class(not is_known, "-none")
        self._show_recent(self._recent)

    def _show_recent(self, recent: "Recent") -> None:
        self._recent = recent
        replies, names = recent
        self.query_one("#recent", Static).update(
            home_lines.recent(
                replies, names, self.app.clock(), self.app.attention.drafts
            )
        )
        self.query_one("#recent").set_class(not replies, "-none")

    def _show(self, found: home_charts.Trends) -> None:
        self.status_changed()
        self.query_one("#replies", Columns).show(found.replies, *found.day_span)
        self.query_one("#times", Sparks).show(found.milliseconds)
        self.query_one("#cost", Columns).show(found.cost, *found.month_span)
        # A narrow screen has no room for the chart.
        self._costs = found.cost if self.has_class("-narrow") else []
        if status := self.app.status:
            self.query_one("#today", Static).update(
                home_lines.today(status, self._costs)
            )

    @on(Feed.Chosen)
    def action_open(self) -> None:
        """Show the chosen server."""
        guild = self.query_one(Feed).item
        if guild:
            self.app.show_guild(guild)

    def action_start_or_stop(self) -> None:
        """Start the bot, or stop it after a confirmation."""
        if not self.app.link_state.is_up:
            self.app.run_link(self.app.link.start)
            return
        detail = "It leaves Discord and answers nobody until you start it again."
        self.app.push_screen(Confirm("Stop the bot?", detail, "Stop"), self._stop)

    def _stop(self, yes: bool | None) -> None:
        if yes:
            self.app.run_link(self.app.link.stop)

    def action_graphs(self) -> None:
        """Show speed, queue, processes and replies over time."""
        from app.tui.screens.home.graphs import Graphs

        self.app.push_screen(Graphs(self))

    def action_restart(self) -> None:
        """Stop the bot and start it again."""

        async def again() -> None:
            await self.app.link.stop()
            await self.app.link.start()

        self.app.run_link(again)

    def action_discord(self) -> None:
        """Connect to Discord, or disconnect."""
        from app.ipc import control

        status = self.app.status
        is_off = status is None or status.discord.state == "off"
        request = control.Reconnect(connect=is_off)
        self.request(request)
