"""Playground: talk to any learned server as anyone, and see a reply's sources."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

from app.core.errors import UsageError
from app.core.labels import LEAVE_WATCHING, WATCHING, is_host
from app.core.safe_text import safe_line
from app.core.time_units import day_of, start_of
from app.ipc import control
from app.settings.speech_sections import FIXED_MODES
from app.tui import format
from app.tui.base import MynahScreen
from app.tui.event_buffer import NewEvents
from app.tui.remedies import in_keys
from app.tui.widgets.bubbles import ReplyLine, SpokenLine
from app.tui.widgets.choice import Choice
from app.tui.widgets.dial import Dial
from app.tui.widgets.dialogs import AskText, Pick
from app.tui.widgets.field import Field

PROVIDERS = ("local", "openai")
MAX_LINES = 120
"""The number of lines on the screen."""

MAX_TURNS = 12
"""The number of earlier turns sent with a text."""


@dataclass(frozen=True)
class SaidTurn:
    """One turn, and the server it was said to."""

    speaker: str
    text: str
    guild: str
    """The server's name in requests."""


@dataclass
class Talk:
    """A talk with one server; no other server is told of it."""

    turns: deque[SaidTurn] = field(default_factory=lambda: deque(maxlen=MAX_TURNS))
    last_text: str = ""
    before: list[SaidTurn] = field(default_factory=list)
    """The turns before the last text."""
    lines: list[SpokenLine] = field(default_factory=list)
    """Shown while its server is chosen."""


@dataclass(frozen=True)
class Answered:
    """A reply, or none."""

    reply: control.SayReply | None


class PlaygroundScreen(MynahScreen):
    """A conversation that is neither learned nor sent."""

    NAME = "playground"
    CSS_PATH = "playground_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "step('mode')", "Mode", priority=True),
        Binding("ctrl+l", "step('provider')", "Local/openai", priority=True),
        Binding("ctrl+up", "turn(5)", "Voice", key_display="^↑↓", priority=True),
        Binding("ctrl+down", "turn(-5)", "Less voice", show=False, priority=True),
        Binding("ctrl+g", "pick_guild", "Server", priority=True),
        Binding("ctrl+n", "name", "Name", priority=True),
        Binding("ctrl+e", "sources", "Sources", priority=True),
        Binding("ctrl+b", "xray", "X-ray", priority=True),
        Binding("ctrl+y", "go_back", "Talk as before a day", show=False, priority=True),
        Binding("ctrl+r", "again", "Again", priority=True),
        Binding("ctrl+k", "new_talk", "New talk", priority=True),
        Binding("pageup", "scroll_talk(-1)", "Scroll", key_display="PgUp/PgDn"),
        Binding("pagedown", "scroll_talk(1)", "Scroll down", show=False),
        Binding("escape", "leave_or_stop", "Stop", show=False),
        Binding("i,enter", "type", "Type", show=False),
    ]

    guild: reactive[control.GuildFigures | None] = reactive(None)
    author: reactive[str] = reactive("you")
    before: reactive[str] = reactive("")
    """The day; the server talks as it did before it. Empty means now."""

    def __init__(self) -> None:
        super().__init__()
        self._streams: dict[int, ReplyLine] = {}
        self._is_xrayed = False
        self._talks: defaultdict[int, Talk] = defaultdict(Talk)
        """One per server, by its row."""

    def compose_body(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="talking"):
                yield Static(id="strip", markup=False)
                yield VerticalScroll(id="talk")
                yield Static("", id="notice", markup=False)
                yield Field(placeholder="Say something", id="say")
            with Vertical(id="panel"):
                yield Static("Server", classes="quiet")
                yield Static("", id="guild-name", markup=False)
                yield Static("Speaking as", classes="quiet")
                yield Static("", id="author-name", markup=False)
                yield Static("Mode", classes="quiet")
                yield Choice((*FIXED_MODES, "auto"), "hybrid", id="mode")
                yield Static("Model runs", classes="quiet")
                yield Choice(PROVIDERS, "local", id="provider")
                yield Static("", id="place", classes="quiet", markup=False)
                yield Static("Voice", classes="quiet")
                yield Dial(50, id="dial")
                yield Static("model alone – your server alone", classes="quiet hint")

    def on_mount(self) -> None:
        self._show_empty()

    def on_screen_resume(self) -> None:
        self.action_type()

    @property
    def main(self) -> Widget:
        return self.query_one("#talk")

    # Choices.

    @property
    def mode(self) -> str:
        return self.query_one("#mode", Choice).value

    @property
    def is_cloud(self) -> bool:
        return self.query_one("#provider", Choice).value != "local"

    def refresh_data(self) -> None:
        if self.app.link_state.is_up:
            self.fetch(self._load, lambda _: self._take_guilds())

    def status_changed(self) -> None:
        choice = self.query_one("#provider", Choice)
        hosts = self.app.status.hosts if self.app.status else ["openai"]
        places = ("local", *hosts)
        choice.offer(places, choice.value if choice.value in places else "local")
        self._repaint()
        if self.app.link_state.is_up and not self.guild:
            self.refresh_data()

    async def _load(self) -> bool:
        await self.app.load_guilds()
        return True

    def _take_guilds(self) -> None:
        known = {guild.row: guild for guild in self.app.guilds}
        if self.guild and self.guild.row in known:
            self.guild = known[self.guild.row]
        elif self.app.guilds:
            self._choose_guild(self.app.guilds[0])
        self._show_empty()

    def _choose_guild(self, guild: control.GuildFigures) -> None:
        self.query_one(Dial).value = guild.dial
        self.guild = guild

    def watch_guild(self) -> None:
        self._repaint()
        if self.is_mounted and self.guild:
            for row, talk in self._talks.items():
                for line in talk.lines:
                    line.display = row == self.guild.row
            self._show_empty()

    def watch_author(self) -> None:
        self._repaint()

    def watch_before(self) -> None:
        self._repaint()

    @on(Choice.Changed)
    @on(Dial.Changed)
    def _repaint(self) -> None:
        if not self.is_mounted:
            return
        unknown = "no server yet" if self.app.knows_guilds else "server not known yet"
        name = self.guild.guild if self.guild else unknown
        if self.before:
            name += f" before {self.before}"
        dial = self.query_one(Dial).value
        provider = self.query_one("#provider", Choice).value
        place = self._place(provider)
        self.query_one("#place", Static).update(Content(place))
        parts = [name, f"as {self.author}", self.mode, provider, f"voice {dial} %"]
        self.query_one("#strip", Static).update(Content(" · ".join(parts)))
        self.query_one("#guild-name", Static).update(Content(name))
        self.query_one("#author-name", Static).update(Content(self.author))
        notice = self._missing()
        self.query_one("#notice", Static).update(Content(notice))
        self.query_one("#notice").display = bool(notice)

    def _place(self, provider: str) -> str:
        """Name the place of a provider."""
        return format.place(self.app.status if self.is_cloud else None, provider)

    def _missing(self) -> str:
        """Return the obstacle for the chosen mode and provider, with the remedy."""
        if self.app.is_watching:
            return f"{WATCHING} {LEAVE_WATCHING}"
        if self.mode == "markov":
            return ""
        status, guild = self.app.status, self.guild
        provider = self.query_one("#provider", Choice).value
        if self.is_cloud:
            is_away = status is None or format.reach_of(status, provider) == "cloud"
            if guild and guild.local_only and is_away:
                return "This server is locked to this computer: see Usage (7)."
            is_shown = status is None or provider == status.cloud.name
            if is_shown and format.lacks_key(status):
                return "The cloud needs an API key: enter one on Models (6)."
            # The reason is about the first host of the server, or else `openai`.
            places = guild.provider.split(", ") if guild else []
            is_first = next(filter(is_host, places), "openai") == provider
            if guild and guild.refused and is_first:
                return in_keys(f"Replies stay here: {guild.refused}.")
        elif status and status.model.state == "absent":
            return "There is no model yet: fetch one on Models (6)."
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is done with a talk once there is one."""
        if not self.is_mounted:
            return True
        if action == "pick_guild":
            return bool(self.app.guilds)
        talk = self._talks[self.guild.row] if self.guild else Talk()
        if action in ("sources", "xray", "new_talk", "scroll_talk"):
            return bool(talk.lines)
        if action == "again":
            return bool(talk.last_text)
        return super().check_action(action, parameters)

    # Conversation.

    def _show_empty(self) -> None:
        talk = self.query_one("#talk", VerticalScroll)
        talk.query(".empty").remove()
        self.refresh_bindings()
        if self.guild and self._talks[self.guild.row].lines:
            return
        if self.app.guilds:
            text = (
                "Type below and press enter. Nothing said here is learned, or sent to"
                " Discord."
            )
        else:
            text = self.app.without_guilds(
                "Import messages on Learn (5), or open First steps from the palette "
                "(^p) to try the sample server."
            )
        talk.mount(Static(text, classes="empty", markup=False))

    @on(Input.Submitted, "#say")
    def _submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if text and self.guild:
            event.input.value = ""
            self._say(self.guild, text)

    def _say(self, guild: control.GuildFigures, text: str) -> None:
        talk = self._talks[guild.row]
        talk.last_text = text
        talk.before = earlier = list(talk.turns)
        stream = self.app.next_stream()
        request = control.Say(
            guild=guild.key,
            text=text,
            author=self.author,
            mode=self.mode,
            provider=self.query_one("#provider", Choice).value,
            voice=self.query_one(Dial).value,
            explain=True,
            stream=stream,
            turns=[[turn.speaker, turn.text] for turn in earlier],
            turn_guilds=[turn.guild for turn in earlier],
            before=self.before,
        )
        status = self.app.status
        bubble = ReplyLine(status.name if status else "Mynah", stream)
        bubble.xray(self._is_xrayed)
        self._streams[stream] = bubble
        self._add(talk, SpokenLine(self.author, safe_line(text)), bubble)
        asked = SaidTurn(self.author, text, guild.key)
        talk.turns.append(asked)

        def answered(answer: Answered) -> None:
            is_kept = any(turn is asked for turn in talk.turns)
            if is_kept and answer.reply and answer.reply.text:
                talk.turns.append(
                    SaidTurn(bubble.speaker, answer.reply.text, guild.key)
                )
            self._streams.pop(stream, None)
            bubble.finish(answer.reply)
            self._scroll()

        self.fetch(lambda: self._answer(request), answered, exclusive=False)

    async def _answer(self, request: control.Say) -> Answered:
        reply: control.SayReply | None = await self.ask(request)
        return Answered(reply)

    def hear(self, news: NewEvents) -> None:
        for stream, pieces in news.tokens.items():
            if line := self._streams.get(stream):
                line.add("".join(pieces), restart=stream in news.restarted)
                self._scroll()

    def _add(self, talk: Talk, *lines: SpokenLine) -> None:
        page = self.query_one("#talk", VerticalScroll)
        page.query(".empty").remove()
        page.mount(*lines)
        talk.lines += lines
        page.remove_children(talk.lines[:-MAX_LINES])
        del talk.lines[:-MAX_LINES]
        self.refresh_bindings()
        self._scroll()

    def _scroll(self) -> None:
        self.query_one("#talk", VerticalScroll).scroll_end(animate=False)

    # Keys.

    def action_step(self, id: str) -> None:
        """Choose the next mode, or the other provider."""
        self.query_one(f"#{id}", Choice).action_step(1)

    def action_turn(self, by: int) -> None:
        """Turn the voice dial."""
        self.query_one(Dial).action_turn(by)

    def action_pick_guild(self) -> None:
        """Choose the server to talk to."""
        options = [(guild.guild, guild) for guild in self.app.guilds]

        def picked(guild: control.GuildFigures | None) -> None:
            if guild is not None:
                self._choose_guild(guild)

        if options:
            self.app.push_screen(Pick("Which server should answer?", options), picked)

    def action_name(self) -> None:
        """Choose the name to speak as."""

        def named(name: str | None) -> None:
            if name and name.strip():
                self.author = safe_line(name.strip())[:32]

        question = "Who are you in this conversation?"
        detail = "Choose a name; Mynah answers as if this person wrote to it."
        self.app.push_screen(AskText(question, detail, self.author), named)

    def action_go_back(self) -> None:
        """Let the server talk as it did before a day."""

        def chosen(day: str | None) -> None:
            if day is None:
                return
            try:
                self.before = day_of(start_of(day)) if day.strip() else ""
            except UsageError as error:
                self.notify(str(error), severity="warning", markup=False)

        question = "Talk as the server did before which day?"
        detail = "Write it as in 2021-06-30. Leave it empty for the present."
        self.app.push_screen(AskText(question, detail, self.before), chosen)

    def action_again(self) -> None:
        """Ask for another reply to the same text, as if it had none yet."""
        if self.guild and (talk := self._talks[self.guild.row]).last_text:
            talk.turns = deque(talk.before, MAX_TURNS)
            self._say(self.guild, talk.last_text)

    def action_new_talk(self) -> None:
        """Begin a new talk with this server, which knows nothing of the last one."""
        if self.guild:
            talk = self._talks.pop(self.guild.row, Talk())
            for stream, line in self._streams.items():
                if line in talk.lines:
                    self.request(control.Cancel(stream))
            self.query_one("#talk", VerticalScroll).remove_children(talk.lines)
            self._show_empty()

    def action_sources(self) -> None:
        """Show or hide the newest reply's source messages, in view."""
        lines = [line for line in self.query(ReplyLine) if line.display]
        if lines:
            lines[-1].toggle_sources()
            self.call_after_refresh(self._scroll)

    def action_xray(self) -> None:
        """Color each word by who decided it, the model or the voice, or no more."""
        self._is_xrayed = not self._is_xrayed
        for line in self.query(ReplyLine):
            line.xray(self._is_xrayed)

    def action_scroll_talk(self, direction: int) -> None:
        """Scroll the talk by a screenful."""
        page = self.query_one("#talk", VerticalScroll)
        step = max(1, page.size.height - 1)
        page.scroll_relative(y=direction * step, animate=False)

    def action_leave_or_stop(self) -> None:
        """Stop the replies in progress, or else leave the field."""
        if not self._streams:
            self.action_leave_field()
        for stream in self._streams:
            self.request(control.Cancel(stream))

    def action_type(self) -> None:
        """Go back to the text field."""
        self.query_one("#say", Input).focus()
