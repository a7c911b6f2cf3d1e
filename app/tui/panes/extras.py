"""The features that a server has beside its voice: their switches and stores."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from app.core.safe_text import safe_line
from app.ipc import control
from app.tui import format, settings_list
from app.tui.panes.base import Pane
from app.tui.widgets.dialogs import ask_name
from app.tui.widgets.feed import Feed

TITLE_WIDTH = 29
STORED_WIDTH = 24
WIDE = 100
"""The width from which a line has room for costs in words."""

UNKNOWN = "not measured yet"


class Switch(NamedTuple):
    """A feature and its setting."""

    title: str
    noun: str = ""
    """One thing that it stores; empty if it stores nothing."""
    on: str = "on"
    off: str = "off"
    use: str = "reply"
    """One thing that takes its time."""
    has_memory: bool = False
    """It holds memory of its own, or a process does for it."""


SWITCHES: Mapping[str, Switch] = {
    "context.lore": Switch(
        "lorebook (/lore, cards)", "entry", "20", "0", has_memory=True
    ),
    "memory.enabled": Switch("recall by meaning", "vector", has_memory=True),
    "memory.people": Switch("what members tell (/me)", "fact"),
    "context.summary": Switch(
        "summaries of long talks", "summary", "15", "0", "summary"
    ),
    "context.catchup": Switch("summary in /catchup", "", "summary", "messages", "use"),
    "context.attached": Switch("files that come with a call", use="message"),
    "context.spoken": Switch(
        "voice messages to the bot", use="message", has_memory=True
    ),
    "speak.aloud": Switch(
        "voice messages from the bot", "", "F1", "off", has_memory=True
    ),
    "context.pictures": Switch(
        "pictures with a call", "", "here", "off", has_memory=True
    ),
    "games.origin": Switch("/origin", use="use"),
    "games.whosaid": Switch("/whosaid", "game answer", use="game"),
    "games.wrapped": Switch("/wrapped", use="use"),
    "speak.webhooks": Switch(
        "characters' own names", "character", use="line", has_memory=True
    ),
    "speak.imitate": Switch("/like and /duet", "consent"),
}


CLEARED: Mapping[str, str] = {
    "context.lore": "Every entry goes, in snapshots as well.",
    "memory.enabled": "The messages stay. While recall is on, Mynah makes new vectors.",
    "memory.people": "All members' facts go. Mynah reads no message again.",
    "context.summary": "The messages stay. While it is on, long talks get new ones.",
    "games.whosaid": "The lines of past games and their part in the blind test go.",
    "speak.webhooks": "All characters go with their pictures, lore and webhooks, in"
    " snapshots as well.",
    "speak.imitate": "Each member has to agree again with `/privacy voice`.",
}
"""The things that go and stay when a feature's are deleted."""


@dataclass(frozen=True)
class FeatureRow:
    """One feature of the server that is shown."""

    key: str
    value: str
    is_own: bool
    """True if this server has a value of its own."""
    at_home: str
    """The value of servers that have none of their own."""
    idle: str
    """The reason why it does nothing now; empty if it does something."""
    doc: str
    stored: control.StoredAmount | None
    cost: control.MeasuredCost | None

    @property
    def switch(self) -> Switch:
        """The feature's words."""
        return SWITCHES[self.key]

    @property
    def has_stored(self) -> bool:
        """True if there is something to delete."""
        return self.stored is not None and self.stored.count > 0

    @property
    def is_on(self) -> bool:
        """True while the feature is on here."""
        return self.value != self.switch.off


class ExtrasPane(Pane):
    """A list of features; enter or space switches one."""

    ON_A_LINE: ClassVar[frozenset[str]] = frozenset(("switch",))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "switch", "On/off"),
        Binding("X", "clear", "Delete stored"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._switched_off: dict[tuple[str | None, str], str] = {}
        """The servers' own values before a switch, by server and setting."""

    def compose(self) -> ComposeResult:
        yield Feed(draw, attrgetter("key"), id="feature-list", head=head)
        yield Static("", id="feature-doc", markup=False)

    def reload(self) -> None:
        self.mynah.fetch(self._load, self._show, "extras")

    async def _load(self) -> list[FeatureRow]:
        guild = self.guild.key
        config = await self.mynah.ask(control.ConfigGet(guild=guild))
        home = await self.mynah.ask(control.ConfigGet())
        stored = await self.mynah.ask(control.Features(guild))
        if config is None or home is None or stored is None:
            return []
        at_home = {one.key: settings_list.typed(one.value) for one in home.settings}
        amounts = {one.setting: one for one in stored.stored}
        costs = {one.setting: one for one in stored.costs}
        items = settings_list.items(config, ("guild", "channel"))
        known = {item.key.name: item for item in items}
        return [
            FeatureRow(
                key,
                settings_list.typed(known[key].value),
                known[key].origin == "guild",
                at_home[key],
                known[key].idle,
                known[key].key.doc,
                amounts.get(key),
                costs.get(key),
            )
            for key in SWITCHES
            if key in known
        ]

    def _show(self, rows: list[FeatureRow]) -> None:
        self.query_one(Feed).show(rows)

    @on(Feed.Moved)
    def _explain(self, event: Feed.Moved) -> None:
        row: FeatureRow = event.item
        idle = f" No effect now: {safe_line(row.idle)}." if row.idle else ""
        words = Content.assemble(
            row.doc, (idle, "$warning"), (f" {row.key}", "$quiet"), f"\n{_costs(row)}"
        )
        self.query_one("#feature-doc", Static).update(words)

    @on(Feed.Chosen)
    def action_switch(self) -> None:
        """Switch the feature on or off for this server."""
        row: FeatureRow | None = self.query_one(Feed).item
        if row is None or self.mynah.app.refuses():
            return
        guild = self.guild.key
        value: str | None = row.switch.off
        if not row.is_on:
            # Without a value of its own the server has that of the home.
            usual = None if row.at_home != row.switch.off else row.switch.on
            value = self._switched_off.pop((guild, row.key), usual)
        elif row.is_own:
            self._switched_off[guild, row.key] = row.value
        settings_list.put_value(self.mynah, row.key, value, self.reload, guild)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to delete where something is stored."""
        if action == "clear" and self.is_mounted:
            row: FeatureRow | None = self.query_one(Feed).item
            return row is not None and row.has_stored
        return super().check_action(action, parameters)

    def action_clear(self) -> None:
        """Delete all that the feature stored for this server."""
        row: FeatureRow | None = self.query_one(Feed).item
        if row is None or not row.has_stored:
            return
        guild = self.guild
        request = control.FeatureClear(guild.key, row.key)

        def clear() -> None:
            self.mynah.request(request, partial(self._cleared, row.switch.noun))

        question = f"Delete {_stored(row)}?"
        detail = (
            f"{CLEARED[row.key]} You cannot undo this. Type the server's name to"
            " confirm."
        )
        ask_name(self.mynah.app, question, detail, guild.guild, clear, "deleted")

    def _cleared(self, noun: str, done: control.FeatureClearReply) -> None:
        left = "" if done.complete else " Their last bytes leave the files soon."
        self.mynah.app.tell(f"Deleted {format.many(done.count, noun)}.{left}")
        self.mynah.refresh_data()
        self.reload()


def head(width: int) -> str:
    """Return the titles above the features."""
    return (
        f"{'feature':<{TITLE_WIDTH}} {'state':<5} {'stored':<{STORED_WIDTH}}"
        " time, memory"
    )


def draw(row: FeatureRow, width: int) -> Content:
    """Draw one feature, with its state in words."""
    state = "● on" if row.is_on else "○ off"
    name = Content(row.switch.title).truncate(TITLE_WIDTH, ellipsis=True, pad=True)
    return Content.assemble(
        name.stylize("bold"),
        (f" {state:<5} ", "" if row.is_on else "$quiet"),
        (f"{_stored(row):<{STORED_WIDTH}} ", "$quiet"),
        (_cost(row, is_wide=width >= WIDE), "$quiet"),
    )


def _stored(row: FeatureRow) -> str:
    """Say what a feature stored, and how large that is."""
    if not row.switch.noun or row.stored is None:
        return "nothing"
    number = format.many(row.stored.count, row.switch.noun)
    return f"{number}, {format.size(row.stored.bytes)}" if row.stored.bytes else number


def _cost(row: FeatureRow, *, is_wide: bool) -> str:
    """Say in short what one use takes, as far as it is known."""
    cost, parts = row.cost, list[str]()
    if cost and is_wide and cost.tokens is not None:
        parts.append(f"{cost.tokens} tokens")
    if cost and cost.ms is not None:
        parts.append(_ms(cost.ms) + (f" a {row.switch.use}" if is_wide else ""))
    if cost and cost.memory is not None:
        parts.append(format.size(cost.memory))
    return ", ".join(parts) or UNKNOWN


def _costs(row: FeatureRow) -> str:
    """Say what a feature takes, and what of that nobody measured yet."""
    cost = row.cost or control.MeasuredCost(row.key)
    time = UNKNOWN if cost.ms is None else f"{_ms(cost.ms)} a {row.switch.use}"
    memory = "none of its own"
    if row.switch.has_memory:
        memory = UNKNOWN if cost.memory is None else format.size(cost.memory)
    told = f"Time: {time}. Memory: {memory}."
    if cost.tokens is not None:
        told += f" Prompt: {cost.tokens} tokens."
    if cost.replies:
        told += f" It had a part in {cost.replies} of the last 100 replies."
    return told


def _ms(ms: float) -> str:
    """Format the milliseconds of one use."""
    if ms >= 1000:
        return format.answer_time(ms / 1000)
    return f"{ms:.0f} ms" if ms >= 1 else "under 1 ms"
