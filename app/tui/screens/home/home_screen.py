"""Home: the bot's health, today's activity, and one line per server."""

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widgets import Static

from app.core.labels import HERE, is_host
from app.core.names import GuildId
from app.core.safe_text import safe_line
from app.tui import format
from app.tui.base import MynahScreen
from app.tui.event_buffer import NewEvents
from app.tui.health import (
    Health,
    health,
    model_trouble,
    standing_troubles,
    version_trouble,
)
from app.tui.screens.home import home_charts
from app.tui.widgets.charts import Columns, Sparks, course
from app.tui.widgets.dialogs import Confirm
from app.tui.widgets.feed import Feed

if TYPE_CHECKING:
    from app.ipc.control import BotEvent, GuildFigures, StatusReply
    from app.store.rows import StoredReply

EVENTS_SHOWN = 22
RECENT_SHOWN = 22

NO_SERVERS = "Press w for the first steps, or import messages on Learn (5)."


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
        self._recent: list[StoredReply] = []
        self._costs: list[float] = []

    def compose_body(self) -> ComposeResult:
        yield Static(id="state", markup=False)
        yield Static(id="today", markup=False)
        yield Feed(draw_guild, attrgetter("row"), id="servers", head=head)
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
        shown = _state(how, status, self._since(status), self.app.shelf.trouble)
        self.query_one("#state", Static).update(shown)
        today = self.query_one("#today", Static)
        today.update(_today(status, self._costs) if status else "")
        today.set_class(status is None, "-none")
        events = [*(status.events if status else ()), *self.app.events]
        happened = self.query_one("#events", Static)
        happened.update(_events(events, self.app.clock()))
        happened.set_class(not events, "-none")
        self._show_guilds()

    def _since(self, status: "StatusReply | None") -> float:
        """The start of the bot, in seconds since the epoch; 0 if unknown."""
        up = status.uptime_seconds if status else 0.0
        return self.app.status_at - up if up else 0.0

    def refresh_data(self) -> None:
        if self.app.link_state.is_up:
            self.fetch(self._load_guilds, lambda _: self._show_guilds(), "guilds")
        self.fetch(self._load_trends, self._show, "trends")
        self.fetch(self._load_recent, self._show_recent, "recent")

    def hear(self, news: NewEvents) -> None:
        if news.replies:
            self.refresh_data()

    async def _load_recent(self) -> "list[StoredReply]":
        return await self.app.shelf.replies(limit=RECENT_SHOWN)

    async def _load_trends(self) -> home_charts.Trends:
        return await home_charts.load(self.app.shelf, self.app.clock())

    async def _load_guilds(self) -> bool:
        await self.app.load_guilds()
        return True

    def _show_guilds(self) -> None:
        feed = self.query_one(Feed)
        feed.show(self.app.guilds)
        feed.empty = self.app.without_guilds(NO_SERVERS)
        feed.display = bool(self.app.guilds) or self.app.link_state.is_up
        self._show_recent(self._recent)

    def _show_recent(self, replies: "list[StoredReply]") -> None:
        self._recent = replies
        names = {guild.row: guild.guild for guild in self.app.guilds}
        self.query_one("#recent", Static).update(
            _recent(replies, names, self.app.clock(), self.app.attention.drafts)
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
            self.query_one("#today", Static).update(_today(status, self._costs))

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


def head(width: int) -> str:
    """Return the titles above the servers."""
    name, voice = _widths(width)
    shown = f"{'server':<{name}} {'learned':>7}  {'voice':<{voice}}"
    return f"{shown}  {'mode':<6} {'dial':>5}  joins in"


def draw_guild(guild: "GuildFigures", width: int) -> Content:
    """Draw one server: its learning, and its way of speaking."""
    messages = guild.messages
    name, voice = _widths(width)
    bar = format.bar(format.maturity(messages), min(voice, 8))
    words = f"  {format.maturity_words(messages)}"[: max(0, voice - 8)]
    join_in = guild.join_in or 0
    joins = format.percent(join_in) if join_in else "when called"
    marks = {
        "shadow": guild.shadow,
        "locked": guild.local_only,
        "not listed": not guild.is_listed,
    }
    marked = " · ".join(word for word, is_so in marks.items() if is_so)
    return Content.assemble(
        _fit(guild.guild, name).stylize("bold"),
        f" {format.count(messages):>7}  ",
        (bar, "$accent"),
        (f"{words:<{voice - len(bar)}}", "$quiet"),
        f"  {guild.mode:<6} {guild.dial:>3} %  {joins:<11}",
        (f"  {marked}", "$quiet"),
    )


def _widths(width: int) -> tuple[int, int]:
    """Return the widths of the name, and of the voice's bar with its meaning."""
    return (16, 6) if width < 90 else (28, 31)


def _fit(text: str, width: int) -> Content:
    return Content(safe_line(text)).truncate(width, ellipsis=True, pad=True)


def _troubles(status: "StatusReply") -> list[Health]:
    own = (version_trouble(status), model_trouble(status))
    return [one for one in own if one] + standing_troubles(status)


def _state(
    how: Health, status: "StatusReply | None", since: float, unread: str
) -> Content:
    user = status.discord.user if status else ""
    about = [f"as {user}"] if user else []
    about += [f"since {format.clock(since)}"] if since else []
    lines = [
        Content.assemble(
            (f"{how.sign} {how.word}", f"bold {how.colour}"),
            ("  " + "  ".join(about), "$quiet"),
        )
    ]
    lines += _why(how)
    for trouble in _troubles(status) if status else ():
        word = f"{trouble.sign} {trouble.word}"
        lines.append(Content.styled(word, f"bold {trouble.colour}"))
        lines += _why(trouble)
    if unread:
        lines.append(Content.styled("≠ the history is unreadable", "bold $warning"))
        lines.append(Content(f"  {unread}"))
    return Content("\n").join(lines)


def _why(trouble: Health) -> list[Content]:
    """Return reason and remedy, one per line, if there are any."""
    reason = Content(f"  {trouble.reason[:400]}")
    remedy = Content.styled(f"  {trouble.remedy}", "$accent")
    said = ((trouble.reason, reason), (trouble.remedy, remedy))
    return [line for text, line in said if text]


def _today(status: "StatusReply", costs: Sequence[float]) -> Content:
    messages = format.many(status.today.messages, "message")
    replies = format.many(status.today.replies, "reply")
    facts = [
        ("today", f"{messages}, {replies}"),
        ("model", _model(status)),
        ("cost", _cost(status, costs)),
    ]
    return Content("\n").join(
        Content.assemble((f"{label:<7}", "$quiet"), safe_line(value))
        for label, value in facts
    )


def _model(status: "StatusReply") -> str:
    """Describe the model: its name, place, speed and queue."""
    name = format.model_name(status.model.name)
    speed = status.tokens_per_second
    facts = [f"{name} {HERE}"]
    if is_host(status.provider.split(", ")[0]):
        cloud = status.cloud
        server = f"{cloud.model or 'a model'} {format.where(cloud.reach)}"
        facts = [server, f"else {facts[0]}"]
    if speed:
        facts.append(f"{speed:.0f} tokens/s")
    return ", ".join([*facts, f"{status.queue or 'nothing'} waiting"])


def _cost(status: "StatusReply", costs: Sequence[float]) -> str:
    budget, spent = status.monthly_budget, status.month_cost
    past = f"  {course(costs, 16)} 31 days" if any(costs) else ""
    if not budget:
        return f"{format.money(spent)} this month{past}"
    bar = format.bar(spent / budget, 12)
    return f"{format.money(spent)} of {format.money(budget)} this month  {bar}{past}"


def _recent(
    replies: "list[StoredReply]", names: dict[GuildId, str], now: float, drafts: int
) -> Content:
    waiting = f"   {format.many(drafts, 'draft')} to read on Conversations (3)"
    head = ("Last replies", "bold"), (waiting if drafts else "", "bold $warning")
    lines = [Content.assemble(*head)]
    for reply in reversed(replies):
        where = _fit(names.get(reply.guild_id, ""), 16)
        provider = f"{format.sign(reply.provider)} {reply.provider:<7}"
        state = {"made": "tried here  ", "draft": "draft  "}.get(reply.state, "")
        lines.append(
            Content.assemble(
                (f"{format.moment(reply.created / 1000, now):<6}  ", "$quiet"),
                where.stylize("$quiet"),
                (f"  {provider}", "$accent"),
                (f"  {state}", "$quiet"),
                safe_line(reply.text)[:200],
            )
        )
    return Content("\n").join(lines)


def _events(events: "list[BotEvent]", now: float) -> Content:
    newest = sorted(events, key=lambda event: -event.at)[:EVENTS_SHOWN]
    lines = [Content.styled("What Mynah did on its own", "bold")]
    for event in newest:
        at = format.moment(event.at, now)
        said = safe_line(event.text)
        lines.append(Content.assemble((f"{at:<6}  ", "$quiet"), said))
    return Content("\n").join(lines)
