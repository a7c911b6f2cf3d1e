"""Usage and privacy: money, what left the machine, and the locks that prevent it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import ContentSwitcher, Static

from app.ipc.wire import Json
from app.safe_text import safe_line
from app.tui import figures, tuning
from app.tui.base import MynahScreen
from app.tui.widgets.choice import Choice
from app.tui.widgets.feed import Feed

if TYPE_CHECKING:
    from app.store.usage import DayUse

DAYS = 31
DAY_SECONDS = 86_400
VIEWS = ("days", "servers", "models", "left the machine", "locks")


class UsageScreen(MynahScreen):
    """One view at a time of the same ledger."""

    NAME = "usage"
    CSS_PATH = "usage.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "view(1)", "Next view", key_display="]"),
        Binding("left_square_bracket", "view(-1)", "View", show=False),
        Binding("space", "lock", "Lock to this machine"),
        Binding("b", "budget", "Budget"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[DayUse] = []

    def compose_body(self) -> ComposeResult:
        yield Static("", id="budget", markup=False)
        yield Choice(VIEWS, id="view")
        yield Static("", id="columns", classes="quiet", markup=False)
        with ContentSwitcher(initial="ledger", id="views"):
            yield Feed(draw, id="ledger")
            yield Feed(draw_lock, id="locks")
        yield Static("", id="nothing", classes="empty", markup=False)

    def on_mount(self) -> None:
        self.query_one("#ledger").focus()

    def refresh_data(self) -> None:
        self.fetch(self._load, self._take)

    async def _load(self) -> "list[DayUse]":
        since = int((self.app.clock() - DAYS * DAY_SECONDS) * 1000)
        return await self.app.shelf.use_by_day(since)

    def _take(self, rows: "list[DayUse]") -> None:
        self._rows = rows
        self._show()

    def status_changed(self) -> None:
        self.query_one("#budget", Static).update(_budget(self.app.status))

    @on(Choice.Changed)
    def _show(self) -> None:
        view = self.query_one(Choice).value
        is_locks = view == "locks"
        self.query_one(ContentSwitcher).current = "locks" if is_locks else "ledger"
        self.query_one("#columns", Static).update(Content(COLUMNS[view]))
        rows = self.app.guilds if is_locks else sums(self._rows, view)
        feed = self.query_one("#locks" if is_locks else "#ledger", Feed)
        feed.show(rows, max(0, feed.cursor))
        self.query_one("#views").display = bool(rows)
        self.query_one("#nothing").display = not rows
        self.query_one("#nothing", Static).update(EMPTY[view])

    def action_view(self, step: int) -> None:
        """Show the next view."""
        self.query_one(Choice).action_step(step)

    def action_lock(self) -> None:
        """Lock the chosen server to this machine, or allow the cloud again."""
        guild: Json | None = self.query_one("#locks", Feed).item
        if self.query_one(Choice).value != "locks" or guild is None:
            self.query_one(Choice).choose("locks")
            return
        value = "off" if guild.get("local_only") else "on"
        key = guild["key"]
        tuning.set_value(self, "reply.local_only", value, self._reload, key)

    def _reload(self) -> None:
        async def load() -> bool:
            await self.app.load_guilds()
            return True

        self.fetch(load, lambda _: self._show())

    def action_budget(self) -> None:
        """Change the monthly budget of the cloud."""
        from app.ipc import control

        def take(reply: Json) -> None:
            for item in tuning.items(reply, ("guild",)):
                tuning.change(self, item, self.refresh_data)

        self.request(control.ConfigGet("openai.monthly_budget"), take)


COLUMNS = {
    "days": f"{'day':<22}{'calls':>8}{'read':>10}{'written':>10}{'cost':>10}",
    "servers": f"{'server':<22}{'calls':>8}{'read':>10}{'written':>10}{'cost':>10}",
    "models": f"{'model':<22}{'calls':>8}{'read':>10}{'written':>10}{'cost':>10}",
    "left the machine": f"{'to':<22}{'calls':>8}{'sent':>10}{'':>10}{'cost':>10}  from",
    "locks": "what a locked server says never leaves this machine; space turns a lock",
}

EMPTY = {
    "days": "No model was asked in the last 31 days.",
    "servers": "No model was asked in the last 31 days.",
    "models": "No model was asked in the last 31 days.",
    "left the machine": "Nothing left this machine in the last 31 days.",
    "locks": "No server is learned yet.",
}


def sums(rows: "Iterable[DayUse]", view: str) -> list[Json]:
    """The ledger summed up for a view, the dearest or newest first."""
    groups: defaultdict[str, list[DayUse]] = defaultdict(list)
    for row in rows:
        if view == "left the machine" and not row.bytes_sent:
            continue
        name = {
            "days": row.day,
            "servers": row.guild or "a forgotten server",
            "models": f"{row.provider} {row.model}".strip(),
        }.get(view, row.host)
        groups[name].append(row)
    made = [_sum(name, group, view) for name, group in groups.items()]
    if view == "days":
        return sorted(made, key=lambda row: str(row["name"]), reverse=True)
    return sorted(made, key=lambda row: (-row["cost"], -row["calls"]))


def _sum(name: str, rows: "list[DayUse]", view: str) -> Json:
    is_egress = view == "left the machine"
    return {
        "name": name,
        "calls": sum(row.calls for row in rows),
        "read": sum(row.prompt_tokens for row in rows),
        "written": sum(row.completion_tokens for row in rows),
        "cost": sum(row.cost for row in rows),
        "sent": sum(row.bytes_sent for row in rows) if is_egress else None,
        "from": ", ".join(sorted({row.guild or "?" for row in rows})),
    }


def draw(row: Json, width: int) -> Content:
    """One line of the ledger."""
    name = Content(safe_line(row["name"])).truncate(21, ellipsis=True, pad=True)
    sent = row["sent"]
    if sent is not None:
        middle = f"{figures.size(sent):>10}{'':>10}"
    else:
        middle = f"{figures.count(row['read']):>10}{figures.count(row['written']):>10}"
    return Content.assemble(
        name.stylize("bold"),
        f"{figures.count(row['calls']):>8}{middle}{figures.money(row['cost']):>10}",
        (f"  {safe_line(row['from'])}" if sent is not None else "", "$quiet"),
    )


def draw_lock(guild: Json, width: int) -> Content:
    """One server and its lock, in words."""
    name = Content(safe_line(str(guild.get("guild", ""))))
    locked = guild.get("local_only")
    state = "● locked to this machine" if locked else "○ may use the cloud"
    return Content.assemble(
        name.truncate(30, ellipsis=True, pad=True).stylize("bold"),
        (f"  {state}", "$success" if locked else "$quiet"),
    )


def _budget(status: Json) -> Content:
    spent = status.get("month_cost") or 0
    budget = status.get("monthly_budget") or 0
    today = (status.get("today") or {}).get("cost") or 0
    words = f"{figures.money(spent)} this month, {figures.money(today)} today"
    if not budget:
        return Content.assemble(words, ("   no budget is set; b sets one", "$quiet"))
    bar = figures.bar(spent / budget, 20)
    says = f"   {bar} of {figures.money(budget)}"
    over = "   spent: replies come from this machine" if spent >= budget else ""
    return Content.assemble(words, (says, "$accent"), (over, "$warning"))
