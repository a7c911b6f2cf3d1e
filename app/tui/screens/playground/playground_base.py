"""The view of the Playground: a talk, the choices beside it, and a field."""

from collections import defaultdict
from secrets import randbelow

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

from app.core.labels import LEAVE_WATCHING, WATCHING, is_host
from app.core.safe_text import safe_text
from app.ipc import control
from app.settings.reply_ways import ReplyWay
from app.settings.speech_sections import FIXED_MODES
from app.tui import format
from app.tui.base import MynahScreen
from app.tui.event_buffer import NewEvents
from app.tui.screens.playground.talk import (
    MAX_LINES,
    Answered,
    Exchange,
    SaidTurn,
    Talk,
    way_name,
)
from app.tui.widgets.bubbles import Pair, ReplyLine, SpokenLine
from app.tui.widgets.choice import Choice
from app.tui.widgets.dial import Dial
from app.tui.widgets.field import Field

PROVIDERS = ("local", "openai")

MOST_LOTS = 2**31 - 1000
"""The seeds of hosts are numbers of 32 bits; later tries add to them."""


class TalkingScreen(MynahScreen):
    """The talk, the choices beside it, and the field below."""

    guild: reactive[control.GuildFigures | None] = reactive(None)
    author: reactive[str] = reactive("you")
    before: reactive[str] = reactive("")
    """The day; the server talks as it did before it. Empty means now."""
    other_way: reactive[ReplyWay | None] = reactive(None)
    """The way whose replies stand beside those of the chosen one, if any."""

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
                yield Static("", id="place", classes="quiet hint", markup=False)
                yield Static("Voice", classes="quiet")
                yield Dial(50, id="dial")
                yield Static("model alone – your server alone", classes="quiet hint")

    def on_mount(self) -> None:
        self.query_one("#say").display = not self.app.is_watching
        self.query_one("#panel").disabled = self.app.is_watching
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
        if self.app.talk_with is not None:
            await self.app.know_guilds([self.app.talk_with])
        return True

    def _take_guilds(self) -> None:
        known = self.app.known_guilds
        wished, self.app.talk_with = self.app.talk_with, None
        if wished in known:
            self._choose_guild(known[wished])
        elif self.guild and self.guild.row in known:
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

    def watch_other_way(self) -> None:
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
        if self.other_way:
            name += f" beside {way_name(self.other_way)}"
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
        if self.guild and self.app.forgetting(self.guild):
            return "Messages of this server are being forgotten."
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
                return self.app.remedy(f"Replies stay here: {guild.refused}.")
        elif status and status.model.state == "absent":
            return "There is no model yet: fetch one on Models (6)."
        return ""

    def action_type(self) -> None:
        """Go back to the text field."""
        (self.main if self.app.is_watching else self.query_one("#say")).focus()

    # Conversation.

    def _show_empty(self) -> None:
        talk = self.query_one("#talk", VerticalScroll)
        talk.query(".empty").remove()
        self.refresh_bindings()
        if self.guild and self._talks[self.guild.row].lines:
            return
        if self.app.guilds:
            text = self.app.advice(
                "Type below and press enter. Nothing said here is learned, or sent to"
                " Discord."
            )
        else:
            text = self.app.without_guilds(
                "Import messages on Learn (5), or open First steps from the palette "
                "(^p) to try the sample server."
            )
        talk.mount(Static(text, classes="empty", markup=False))

    @property
    def talk(self) -> Talk:
        """The talk with the chosen server."""
        return self._talks[self.guild.row] if self.guild else Talk()

    @on(Input.Submitted, "#say")
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.send(event.value)

    def send(self, text: str) -> None:
        """Say a text to the chosen server, and empty the field."""
        if self.guild and text.strip():
            self.query_one("#say", Input).value = ""
            self.talk.note(text.strip())
            self._say(self.guild, text.strip())

    def _say(self, guild: control.GuildFigures, text: str) -> None:
        talk = self._talks[guild.row]
        earlier = list(talk.turns)
        ways = self._ways()
        # Luck must not decide between two ways, so both draw the same lots.
        lots = randbelow(MOST_LOTS) if len(ways) > 1 else None
        status = self.app.status
        name = status.name if status else "Mynah"
        replies = [ReplyLine(name, self.app.next_stream()) for _ in ways]
        spoken = SpokenLine(self.author, safe_text(text))
        shown = Pair(*replies) if len(replies) > 1 else replies[0]
        asked = SaidTurn(self.author, text, guild.key)
        exchange = Exchange(text, earlier, asked, replies, [spoken, shown])
        talk.last = exchange
        talk.turns.append(asked)
        self._add(talk, spoken, shown)
        for way, line in zip(ways, replies, strict=True):
            line.xray(self._is_xrayed)
            self._ask_reply(
                talk, exchange, line, self._request(exchange, way, line, lots)
            )

    def _ways(self) -> list[tuple[str, int]]:
        """Return mode and dial of each reply: the chosen way, and the one beside it."""
        dial, other = self.query_one(Dial).value, self.other_way
        ways = [(self.mode, dial)]
        if other:
            ways.append((other.mode, dial if other.dial is None else other.dial))
        return ways

    def _request(
        self,
        exchange: Exchange,
        way: tuple[str, int],
        line: ReplyLine,
        lots: int | None,
    ) -> control.Say:
        mode, dial = way
        return control.Say(
            guild=exchange.asked.guild,
            text=exchange.text,
            author=self.author,
            mode=mode,
            provider=self.query_one("#provider", Choice).value,
            voice=dial,
            lots=lots,
            explain=True,
            stream=line.stream,
            turns=[[turn.speaker, turn.text] for turn in exchange.before],
            turn_guilds=[turn.guild for turn in exchange.before],
            before=self.before,
        )

    def _ask_reply(
        self, talk: Talk, exchange: Exchange, line: ReplyLine, request: control.Say
    ) -> None:
        self._streams[line.stream] = line

        def answered(answer: Answered) -> None:
            self._streams.pop(line.stream, None)
            line.finish(answer.reply)
            talk.answer(exchange)
            self._scroll()

        # A group of its own: who comes back to the screen has the servers read anew,
        # which must not end a reply.
        self.fetch(lambda: self._answer(request), answered, "say", exclusive=False)

    async def _answer(self, request: control.Say) -> Answered:
        reply: control.SayReply | None = await self.ask(request)
        return Answered(reply)

    def hear(self, news: NewEvents) -> None:
        if news.forgets:
            self._repaint()
        for stream, pieces in news.tokens.items():
            if line := self._streams.get(stream):
                line.add("".join(pieces), restart=stream in news.restarted)
                self._scroll()

    def _add(self, talk: Talk, *lines: Widget) -> None:
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
