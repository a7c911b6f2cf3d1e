"""Usage and privacy: costs, data that left the machine, and locks against that."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import ContentSwitcher, Static

from app.core.safe_text import safe_line
from app.core.time_units import DAY_SECONDS
from app.settings.consent import IS_EVERYWHERE
from app.tui import format, settings_list
from app.tui.base import MynahScreen
from app.tui.widgets.choice import Choice
from app.tui.widgets.dialogs import Confirm
from app.tui.widgets.feed import Feed
from app.tui.widgets.guild_feed import GuildFeed

if TYPE_CHECKING:
    from app.ipc import control
    from app.ipc.control import GuildFigures, StatusReply
    from app.store.usage import DayUse, SentRequest

DAYS = 31
VIEWS = ("days", "servers", "models", "left this computer", "locks")


@dataclass(frozen=True)
class LedgerLine:
    """Sums of the ledger under one name."""

    name: str
    calls: int
    read: int
    written: int
    sent: int
    cost: float


class UsageScreen(MynahScreen):
    """Several views of the same ledger, one at a time."""

    NAME = "usage"
    CSS_PATH = "usage_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "view(1)", "Next view", key_display="]"),
        Binding("left_square_bracket", "view(-1)", "Previous view", show=False),
        Binding("space", "lock", "Lock/unlock"),
        Binding("w", "withdraw", "Withdraw consent"),
        Binding("b", "budget", "Budget"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[DayUse] = []
        self._sent: list[SentRequest] = []

    def compose_body(self) -> ComposeResult:
        yield Static("", id="budget", markup=False)
        yield Choice(VIEWS, id="view")
        with ContentSwitcher(initial="ledger", id="views"):
            name = attrgetter("name")
            yield Feed(draw, name, id="ledger", head=self._head, empty=EMPTY)
            yield Feed(self._draw_sent, _itself, id="sent", head=head_sent, empty=KEPT)
            yield GuildFeed(self._draw_lock, self._head_lock, id="locks")

    def _head(self, width: int) -> str:
        return head(self.query_one(Choice).value)

    def _draw_lock(self, guild: "GuildFigures", width: int) -> Content:
        is_short = width < HINT_WIDTH
        where = " on Server (4)" if is_short else ": reply.provider on Server (4)"
        return draw_lock(guild, width, self.app.advice(where))

    def _head_lock(self, width: int, counted: str) -> str:
        how = self.app.advice("; <space usage.lock> toggles the lock")
        return head_lock(counted, how)

    def _draw_sent(self, sent: "SentRequest", width: int) -> Content:
        return draw_sent(sent, self.app.clock())

    def on_mount(self) -> None:
        self.query_one("#ledger").focus()

    @property
    def _view(self) -> str:
        """The visible list."""
        chosen = self.query_one(Choice).value
        return {"left this computer": "sent", "locks": "locks"}.get(chosen, "ledger")

    def refresh_data(self) -> None:
        self.fetch(self._load, self._take)

    async def _load(self) -> "tuple[list[DayUse], list[SentRequest]]":
        since = int((self.app.clock() - DAYS * DAY_SECONDS) * 1000)
        shelf = self.app.shelf
        return await shelf.use_by_day(since), await shelf.sent_requests()

    def _take(self, found: "tuple[list[DayUse], list[SentRequest]]") -> None:
        self._rows, self._sent = found
        self._show()

    def status_changed(self) -> None:
        self.query_one("#budget", Static).update(
            _budget(self.app.status, self.app.advice("; <b usage.budget> sets one"))
        )

    @on(Choice.Changed)
    def _turn(self) -> None:
        self.clear_filter()
        self.query_one(ContentSwitcher).current = self._view
        self.query_one(f"#{self._view}").focus()
        self._show()
        self.refresh_bindings()

    def _show(self) -> None:
        rows: dict[str, Sequence[object]] = {
            "ledger": sums(self._rows, self.query_one(Choice).value),
            "sent": self._sent,
        }
        locks = self.query_one(GuildFeed)
        if self._view == "locks":
            locks.show_guilds()
        else:
            self.query_one(f"#{self._view}", Feed).show(rows[self._view])
        locks.empty = self.app.without_guilds("Import messages on Learn (5).")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what locks or frees a server only where there is one."""
        if action in ("lock", "withdraw") and self.is_mounted:
            return bool(self.app.guilds)
        return super().check_action(action, parameters)

    def action_view(self, step: int) -> None:
        """Show the next view."""
        self.query_one(Choice).action_step(step)

    def action_lock(self) -> None:
        """Lock the chosen server to this computer, or allow the cloud again."""
        if self._view != "locks":
            self.query_one(Choice).choose("locks")
            return
        guild: GuildFigures | None = self.query_one("#locks", Feed).item
        if guild is not None:
            value = "off" if guild.local_only else "on"
            name = "reply.local_only"
            settings_list.set_value(self, name, value, self._reload, guild.key)

    def action_withdraw(self) -> None:
        """Take back the consent that words of the chosen server go to the cloud."""
        if self._view != "locks":
            self.query_one(Choice).choose("locks")
            return
        guild: GuildFigures | None = self.query_one("#locks", Feed).item
        if guild is not None:
            self._ask_to_withdraw(WITHDRAW.format(who=guild.guild), guild.key)

    def _ask_to_withdraw(self, question: str, guild: str | None) -> None:
        from app.ipc import control

        def take(reply: "control.WithdrawConsentReply") -> None:
            if reply.is_everywhere:
                question = f"{IS_EVERYWHERE} {WITHDRAW.format(who='any server')}"
                self._ask_to_withdraw(question, None)
            else:
                self._reload()

        def answered(yes: bool | None) -> None:
            if yes:
                self.request(control.WithdrawConsent(guild), take)

        title = "Withdraw your consent?"
        self.app.push_screen(Confirm(title, question, "Withdraw"), answered)

    def _reload(self) -> None:
        self.fetch(self.query_one(GuildFeed).load, lambda _: self._show())

    def action_budget(self) -> None:
        """Change the monthly budget for the cloud."""
        from app.ipc import control

        def take(reply: "control.ConfigGetReply") -> None:
            for item in settings_list.items(reply, ("guild",)):
                settings_list.change(self, item, self.refresh_data)

        self.request(control.ConfigGet("openai.monthly_budget"), take)


HINT_WIDTH = 92
"""The width from which a line names the setting as well."""

WITHDRAW = (
    "No words of {who} go to a host in the cloud any more, neither for replies nor for"
    " tuning, until you agree again. A host keeps what it has."
)

PLACES = {"here": "here", "own": "own host"}
"""In place of the provider, where a host is not the cloud."""

EMPTY = "No model host was used in the last 31 days. The model here costs nothing."
KEPT = "Nothing has left this computer. Requests to a cloud model appear here."


def _itself(sent: "SentRequest") -> "SentRequest":
    return sent


def sums(rows: "Iterable[DayUse]", view: str) -> list[LedgerLine]:
    """Sum the ledger for a view, the most expensive or newest first."""
    groups: defaultdict[str, list[DayUse]] = defaultdict(list)
    for row in rows:
        name = {
            "days": row.day,
            "servers": row.guild or "a forgotten server",
        }.get(view, f"{PLACES.get(row.reach, row.provider)} {row.model}".strip())
        groups[name].append(row)
    made = [_sum(name, group) for name, group in groups.items()]
    if view == "days":
        return sorted(made, key=lambda row: row.name, reverse=True)
    return sorted(made, key=lambda row: (-row.cost, -row.calls))


def _sum(name: str, rows: "list[DayUse]") -> LedgerLine:
    return LedgerLine(
        name,
        calls=sum(row.calls for row in rows),
        read=sum(row.prompt_tokens for row in rows),
        written=sum(row.completion_tokens for row in rows),
        sent=sum(row.bytes_sent for row in rows if row.reach == "cloud"),
        cost=sum(row.cost for row in rows),
    )


def head(view: str) -> str:
    """Return the titles above the sums of a view."""
    named = f"{view.removesuffix('s'):<24}"
    return f"{named}{'calls':>8}{'read':>10}{'written':>10}{'sent out':>11}{'cost':>10}"


def draw(row: LedgerLine, width: int) -> Content:
    """Draw one line of the ledger: calls, tokens read and written, bytes sent, cost."""
    name = Content(safe_line(row.name)).truncate(24, ellipsis=True, pad=True)
    sent = format.size(row.sent) if row.sent else "nothing"
    return Content.assemble(
        name.stylize("bold"),
        f"{format.count(row.calls):>8}{format.count(row.read):>10}",
        f"{format.count(row.written):>10}",
        (f"{sent:>11}", "$quiet"),
        f"{format.money(row.cost):>10}",
    )


def head_sent(width: int) -> str:
    """Return the titles above the requests that left the machine."""
    return f"{'at':<8}  {'to':<20}{'from':<16}{'model':<14}{'sent':>9}{'cost':>9}"


def draw_sent(sent: "SentRequest", now: float) -> Content:
    """Draw one request that left the machine."""
    cells = ((sent.host, 20), (sent.guild or "nobody", 16), (sent.model, 14))
    named = [
        Content(safe_line(text)).truncate(width - 1, ellipsis=True, pad=True) + " "
        for text, width in cells
    ]
    return Content.assemble(
        (f"{format.moment(sent.at / 1000, now):<8}  ", "$quiet"),
        named[0].stylize("bold"),
        *named[1:],
        f"{format.size(sent.bytes_sent):>9}{format.money(sent.cost):>9}",
    )


def head_lock(counted: str, how: str = "") -> str:
    """Return the meaning of a lock, after how many of all servers are shown.

    Args:
        how: Says which key changes it.
    """
    what = "locked data" if counted else "data of a locked server"
    says = f"{what} never goes to the cloud{how}"
    return f"{counted}; {says}" if counted else says


def draw_lock(guild: "GuildFigures", width: int, where: str = "") -> Content:
    """Draw one server and its lock, in words.

    Args:
        where: Says where the owner agrees.
    """
    most = 30 if width < format.WHOLE else format.LONGEST_NAME
    name = Content(safe_line(guild.guild))
    locked = guild.local_only
    state = "● locked to this computer" if locked else f"○ {_may(guild, where)}"
    return Content.assemble(
        name.truncate(most, ellipsis=True, pad=True).stylize("bold"),
        (f"  {state}", "$success" if locked else "$quiet"),
    )


def _may(guild: "GuildFigures", where: str) -> str:
    """Say what an unlocked server may do now."""
    if guild.refused:
        return f"stays here until you agree{where}"
    return "may use the cloud"


def _budget(status: "StatusReply | None", how: str) -> Content:
    spent = status.month_cost if status else 0.0
    budget = status.monthly_budget if status else 0.0
    today = status.today.cost if status else 0.0
    words = f"{format.money(spent)} this month, {format.money(today)} today"
    if not budget:
        return Content.assemble(words, (f"   no budget yet{how}", "$quiet"))
    bar = format.bar(spent / budget, 20)
    says = f"   {bar} of {format.money(budget)}"
    over = "   spent: the model here writes replies" if spent >= budget else ""
    return Content.assemble(words, (says, "$accent"), (over, "$warning"))
