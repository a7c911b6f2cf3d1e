"""Speaking and listening, channel by channel."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from app.ipc import control
from app.settings.speech_rules import NOWHERE, may_speak_in
from app.tui import format, settings_list
from app.tui.changes import Change
from app.tui.panes.base import Pane
from app.tui.widgets.feed import Feed


@dataclass(frozen=True)
class ChannelRow:
    """One channel."""

    key: str
    name: str
    messages: int
    may_speak: bool
    learns: bool


EMPTY = (
    "There is no channel yet. Channels appear after an import, or when the bot "
    "joins the server."
)


class ChannelsPane(Pane):
    """A list of channels; space toggles speaking, and t learns the history."""

    ON_A_LINE: ClassVar[frozenset[str]] = frozenset(("speak", "listen", "train"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "speak", "Speak/silent"),
        Binding("l", "listen", "Learn/ignore"),
        Binding("t", "train", "Read its history"),
        Binding("i", "invite", "Invite"),
    ]

    def compose(self) -> ComposeResult:
        yield Feed(draw, attrgetter("key"), id="channel-list", head=head, empty=EMPTY)

    def reload(self) -> None:
        self.mynah.fetch(self._load, self._show, "channels")

    async def _load(self) -> list[ChannelRow]:
        request = control.ConfigGet("speak.channels", guild=self.guild.key)
        reply = await self.mynah.ask(request)
        allowed: list[str] = []
        for item in settings_list.items(reply, ("guild",)) if reply else []:
            if item.key.name == "speak.channels" and isinstance(item.value, list):
                allowed = item.value
        return [
            ChannelRow(
                channel.key,
                channel.name,
                channel.messages,
                may_speak_in(allowed, channel.name, channel.key),
                channel.is_learning,
            )
            for channel in await self.mynah.app.shelf.channels([self.guild.row])
        ]

    def _show(self, lines: list[ChannelRow]) -> None:
        self.query_one(Feed).show(lines)

    @on(Feed.Chosen)
    def action_speak(self) -> None:
        """Let the bot speak in this channel, or stop it."""
        feed = self.query_one(Feed)
        line: ChannelRow | None = feed.item
        if line is None or self.mynah.app.refuses():
            return
        lines = [
            replace(other, may_speak=not other.may_speak) if other is line else other
            for other in feed.items
        ]
        names = [_written(other) for other in lines if other.may_speak]
        everywhere = len(names) == len(lines)
        value = "" if everywhere else ", ".join(names) or NOWHERE
        key = self.guild.key
        settings_list.set_value(self.mynah, "speak.channels", value, self.reload, key)

    def action_listen(self) -> None:
        """Start or stop learning from this channel."""
        line: ChannelRow | None = self.query_one(Feed).item
        if line:
            key = self.guild.key
            back = control.Listen(key, line.key, line.learns)
            says = f"#{line.name} is {'learned' if line.learns else 'ignored'} again."
            change = Change(says, partial(self._listen, back))
            request = control.Listen(key, line.key, not line.learns)
            self._listen(request, partial(self.mynah.app.note_change, change))

    def _listen(self, request: control.Listen, then: Callable[[], None]) -> None:
        def done(_: control.ListenReply) -> None:
            self.reload()
            then()

        self.mynah.request(request, done)

    def action_invite(self) -> None:
        """Show the link that invites the bot to a server."""
        self.mynah.app.show_invite(self.mynah)

    def action_train(self) -> None:
        """Learn the earlier messages of this channel."""
        line: ChannelRow | None = self.query_one(Feed).item
        if line:
            request = control.Train(self.guild.key, [line.key])
            done = f"Learning the history of #{line.name}. See Learn (5)."
            self.mynah.request(request, lambda _: self.mynah.app.tell(done))


def _written(line: ChannelRow) -> str:
    """Return the name for the setting; the key if the name would mean another thing."""
    return line.key if line.name == NOWHERE or "," in line.name else line.name


def _room(width: int) -> int:
    """Return the cells for a channel's name."""
    if width >= format.WHOLE:
        return format.LONGEST_NAME
    return max(28, min(52, width - 42))


def head(width: int) -> str:
    """Return the titles above the channels."""
    name = f"{'channel':<{_room(width)}}"
    return f"{name} {'learned':>8}   {'new messages':<14}the bot there"


def draw(line: ChannelRow, width: int) -> Content:
    """Draw one channel, with its state in words."""
    name = format.ends(f"#{line.name}", _room(width))
    listens = "● learned" if line.learns else "○ ignored"
    speaks = "● may speak" if line.may_speak else "○ keeps quiet"
    return Content.assemble(
        name.stylize("bold"),
        (f" {format.count(line.messages):>8}   ", "$quiet"),
        (f"{listens:<14}", "" if line.learns else "$quiet"),
        (speaks, "" if line.may_speak else "$quiet"),
    )
