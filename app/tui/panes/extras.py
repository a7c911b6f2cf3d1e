"""The features that a server has beside its voice: their switches and stores."""

from collections.abc import Mapping
from dataclasses import dataclass
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
from app.tui.widgets.feed import Feed

TITLE_WIDTH = 30
STORED_WIDTH = 24


class Switch(NamedTuple):
    """A feature and its setting."""

    title: str
    noun: str = ""
    """One thing that it stores; empty if it stores nothing."""
    on: str = "on"
    off: str = "off"


SWITCHES: Mapping[str, Switch] = {
    "context.lore": Switch("lorebook (/lore, cards)", "entry", "20", "0"),
    "memory.enabled": Switch("recall by meaning", "vector"),
    "memory.people": Switch("what members tell (/me)", "fact"),
    "context.summary": Switch("summaries of long talks", "summary", "15", "0"),
    "context.catchup": Switch("summary in /catchup", "", "summary", "messages"),
    "context.attached": Switch("files that come with a call"),
    "context.spoken": Switch("voice messages to the bot"),
    "speak.aloud": Switch("voice messages from the bot", "", "F1", "off"),
    "context.pictures": Switch("pictures that come with a call", "", "here", "off"),
    "games.origin": Switch("/origin"),
    "games.whosaid": Switch("/whosaid", "game answer"),
    "games.wrapped": Switch("/wrapped"),
    "speak.webhooks": Switch("characters' own names", "webhook"),
    "speak.imitate": Switch("/like and /duet", "consent"),
}


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
    def is_on(self) -> bool:
        """True while the feature is on here."""
        return self.value != self.switch.off


class ExtrasPane(Pane):
    """A list of features; enter or space switches one."""

    ON_A_LINE: ClassVar[frozenset[str]] = frozenset(("switch",))
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "switch", "On/off")]

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
        used = ""
        if row.cost is not None:
            used = f" It had a part in {row.cost.replies} of the last 100 replies."
        words = Content.assemble(
            row.doc, used, (idle, "$warning"), (f" {row.key}", "$quiet")
        )
        self.query_one("#feature-doc", Static).update(words)

    @on(Feed.Chosen)
    def action_switch(self) -> None:
        """Switch the feature on or off for this server."""
        row: FeatureRow | None = self.query_one(Feed).item
        if row is None:
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


def head(width: int) -> str:
    """Return the titles above the features."""
    return (
        f"{'feature':<{TITLE_WIDTH + 1}} {'state':<8} {'stored':<{STORED_WIDTH}} cost"
    )


def draw(row: FeatureRow, width: int) -> Content:
    """Draw one feature, with its state in words."""
    state = "● on" if row.is_on else "○ off"
    name = Content(row.switch.title).truncate(TITLE_WIDTH, ellipsis=True, pad=True)
    return Content.assemble(
        name.stylize("bold"),
        (f" {state:<8} ", "" if row.is_on else "$quiet"),
        (f"{_stored(row):<{STORED_WIDTH}} ", "$quiet"),
        (_cost(row.cost), "$quiet"),
    )


def _stored(row: FeatureRow) -> str:
    """Say what a feature stored, and how large that is."""
    if not row.switch.noun or row.stored is None:
        return "stores nothing"
    number = format.many(row.stored.count, row.switch.noun)
    return f"{number}, {format.size(row.stored.bytes)}" if row.stored.bytes else number


def _cost(cost: control.MeasuredCost | None) -> str:
    """Say what a feature cost the replies that it had a part in."""
    if cost is None:
        return ""
    parts = [f"{cost.tokens} tokens"] if cost.tokens else []
    parts += [f"{cost.ms:.0f} ms"] if cost.ms else []
    return f"{', '.join(parts)} a reply"
