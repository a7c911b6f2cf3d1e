"""Home: how the bot is, what it does today, and a line for every server."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from app.safe_text import safe_line
from app.tui import figures, trends
from app.tui.base import MynahScreen
from app.tui.health import Health, health, model_trouble, version_trouble
from app.tui.linking import Json
from app.tui.news import News
from app.tui.shelf import ShownReply
from app.tui.talk import SIGNS
from app.tui.widgets.charts import Columns, Sparks
from app.tui.widgets.dialogs import Confirm
from app.tui.widgets.feed import Feed

EVENTS_SHOWN = 12
RECENT_SHOWN = 22


class HomeScreen(MynahScreen):
    """The screen one leaves open."""

    NAME = "home"
    CSS_PATH = "home.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start_or_stop", "Start/stop"),
        Binding("r", "restart", "Restart"),
        Binding("o", "discord", "On/offline"),
        Binding("enter", "open", "Open server", show=False),
        Binding("w", "app.wizard", "First steps"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._recent: list[ShownReply] = []

    def compose_body(self) -> ComposeResult:
        yield Static(id="state", markup=False)
        yield Static(id="today", markup=False)
        yield Static("Servers", classes="title")
        yield Feed(draw_guild, id="servers")
        yield Static(
            "No server is learned yet. Press w for the first steps, or import "
            "messages on Learn (5).",
            id="no-servers",
            classes="empty",
        )
        with Horizontal(id="charts"):
            yield Columns("Replies, 24 h", figures.count, id="replies")
            yield Sparks("Time of a reply", trends.reply_time, id="times")
            yield Columns("Cost, 31 days", figures.money, id="cost")
        yield Static(id="recent", markup=False)
        yield Static(id="events", markup=False)

    def on_mount(self) -> None:
        self.query_one(Feed).focus()

    def status_changed(self) -> None:
        link, status = self.app.link_state, self.app.status
        how = health(link, status)
        self.query_one("#state", Static).update(
            _state(how, status, self._since(status))
        )
        self.query_one("#today", Static).update(_today(status))
        self.query_one("#events", Static).update(_events(status))
        self._show_guilds()

    def _since(self, status: Json) -> float:
        """When the bot started, in seconds since the epoch; 0 if that is unknown."""
        up = status.get("uptime_seconds")
        return self.app.status_at - up if up else 0.0

    def refresh_data(self) -> None:
        if self.app.link_state.is_up:
            self.fetch(self._load_guilds, lambda _: self._show_guilds(), "guilds")
        self.fetch(self._load_trends, self._show, "trends")
        self.fetch(self._load_recent, self._show_recent, "recent")

    def hear(self, news: News) -> None:
        if news.replies:
            self.refresh_data()

    async def _load_recent(self) -> list[ShownReply]:
        return await self.app.shelf.replies(limit=RECENT_SHOWN)

    async def _load_trends(self) -> trends.Trends:
        return await trends.load(self.app.shelf, self.app.clock())

    async def _load_guilds(self) -> bool:
        await self.app.load_guilds()
        return True

    def _show_guilds(self) -> None:
        feed = self.query_one(Feed)
        feed.show(self.app.guilds, cursor=max(0, feed.cursor))
        feed.display = bool(self.app.guilds)
        is_empty = not self.app.guilds and self.app.link_state.is_up
        self.query_one("#no-servers").display = is_empty
        self._show_recent(self._recent)

    def _show_recent(self, replies: list[ShownReply]) -> None:
        self._recent = replies
        names = {guild["row"]: guild["guild"] for guild in self.app.guilds}
        self.query_one("#recent", Static).update(_recent(replies, names))

    def _show(self, found: trends.Trends) -> None:
        self.query_one("#replies", Columns).show(found.replies, *found.day_span)
        self.query_one("#times", Sparks).show(found.milliseconds)
        self.query_one("#cost", Columns).show(found.cost, *found.month_span)

    @on(Feed.Chosen)
    def action_open(self) -> None:
        """Show the chosen server."""
        guild = self.query_one(Feed).item
        if guild:
            self.app.show_guild(guild)

    def action_start_or_stop(self) -> None:
        """Start the bot, or stop it after a question."""
        if not self.app.link_state.is_up:
            self.app.run_link(self.app.link.start)
            return
        detail = "It leaves Discord and answers nobody until it is started again."
        self.app.push_screen(Confirm("Stop the bot?", detail, "Stop"), self._stop)

    def _stop(self, yes: bool | None) -> None:
        if yes:
            self.app.run_link(self.app.link.stop)

    def action_restart(self) -> None:
        """Stop the bot and start it again."""

        async def again() -> None:
            await self.app.link.stop()
            await self.app.link.start()

        self.app.run_link(again)

    def action_discord(self) -> None:
        """Connect to Discord, or leave it; the Playground goes on working."""
        from app.ipc import control

        state = self.app.status.get("discord", {}).get("state", "off")
        request = control.Reconnect(connect=state == "off")
        self.request(request)


def draw_guild(guild: Json, width: int) -> Content:
    """One server: how much it learned, and how it speaks."""
    messages = guild.get("messages", 0)
    is_narrow = width < 90
    name_width = 18 if is_narrow else 28
    words = "" if is_narrow else f"  {figures.maturity_words(messages):<17}"
    joins = f"joins in {guild.get('join_in', 0):.0%}" if guild.get("join_in") else ""
    marks = [word for word in ("shadow", "local_only") if guild.get(word)]
    how = f"{guild.get('mode', ''):<7} {guild.get('dial', 50):>3} %"
    return Content.assemble(
        _fit(guild.get("guild", "?"), name_width).stylize("bold"),
        f" {figures.count(messages):>7}  ",
        (figures.bar(figures.maturity(messages), 8), "$accent"),
        (words, "$quiet"),
        f"  {how}  ",
        (" ".join([joins, *marks]).replace("_", " ").strip(), "$quiet"),
    )


def _fit(text: str, width: int) -> Content:
    return Content(safe_line(text)).truncate(width, ellipsis=True, pad=True)


def _state(how: Health, status: Json, since: float) -> Content:
    user = status.get("discord", {}).get("user")
    about = [f"as {user}"] if user else []
    about += [f"since {figures.clock(since)}"] if since else []
    lines = [
        Content.assemble(
            (f"{how.sign} {how.word}", f"bold {how.colour}"),
            ("  " + "  ".join(about), "$quiet"),
        )
    ]
    lines += _why(how)
    for find in (version_trouble, model_trouble):
        if status and (trouble := find(status)):
            word = f"{trouble.sign} {trouble.word}"
            lines.append(Content.styled(word, f"bold {trouble.colour}"))
            lines += _why(trouble)
    return Content("\n").join(lines)


def _why(trouble: Health) -> list[Content]:
    """The reason and the remedy, a line each, as far as there are any."""
    reason = Content(f"  {trouble.reason[:400]}")
    remedy = Content.styled(f"  {trouble.remedy}", "$accent")
    said = ((trouble.reason, reason), (trouble.remedy, remedy))
    return [line for text, line in said if text]


def _today(status: Json) -> Content:
    if not status:
        return Content("")
    today = status.get("today", {})
    speed = status.get("tokens_per_second") or 0
    model = figures.model_name(str(status.get("model", {}).get("name", "")))
    queue = status.get("queue")
    facts = [
        (
            "today",
            f"{figures.many(today.get('messages', 0), 'message')}, "
            f"{figures.many(today.get('replies', 0), 'reply')}",
        ),
        (
            "model",
            f"{model}{f', {speed:.0f} tokens/s' if speed else ''}, "
            f"{queue or 'nothing'} waiting",
        ),
        ("cost", _cost(status)),
    ]
    return Content("\n").join(
        Content.assemble((f"{label:<7}", "$quiet"), safe_line(value))
        for label, value in facts
    )


def _cost(status: Json) -> str:
    budget, spent = status.get("monthly_budget") or 0, status.get("month_cost") or 0
    if not budget:
        return f"{figures.money(spent)} this month"
    bar = figures.bar(spent / budget, 12)
    return f"{figures.money(spent)} of {figures.money(budget)} this month  {bar}"


def _recent(replies: list[ShownReply], names: dict[int, str]) -> Content:
    lines = [Content.styled("Last replies", "bold")]
    for reply in reversed(replies):
        where = safe_line(names.get(reply.guild, ""))[:18]
        lines.append(
            Content.assemble(
                (f"{figures.clock(reply.created / 1000)}  {where:<18}  ", "$quiet"),
                (f"{SIGNS.get(reply.provider, '•')} {reply.provider:<7}", "$accent"),
                f"  {safe_line(reply.text)[:200]}",
            )
        )
    return Content("\n").join(lines) if replies else Content("")


def _events(status: Json) -> Content:
    lines = [
        Content.assemble((f"{figures.clock(event.get('at', 0))}  ", "$quiet"),
                         safe_line(str(event.get("text", ""))))
        for event in status.get("events", [])[: -EVENTS_SHOWN - 1 : -1]
    ]  # fmt: skip
    return Content("\n").join(lines)
