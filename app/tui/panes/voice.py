"""The voice: mode, dial with three live samples, and persona."""

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from app.core.safe_text import safe_line
from app.ipc import control
from app.settings.speech_sections import MODES
from app.tui import format, settings_list
from app.tui.asking_screen import Fetched
from app.tui.panes.base import Pane
from app.tui.panes.cost_question import ask_host, origin
from app.tui.widgets.choice import Choice
from app.tui.widgets.dial import Dial

SAMPLES = 3
SETTLE_SECONDS = 0.4
"""The rest of the dial before samples are requested."""


class VoicePane(Pane):
    """A dial with samples that follow it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "persona", "Persona"),
        Binding("n", "samples", "New samples"),
        Binding("c", "ask_host", "Ask the host"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._settling: Timer | None = None
        self._touched: set[str] = set()
        """The settings to send; a server's own value no longer follows the home's."""
        self._persona = ""
        self._shown: object = None

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Static("Voice", classes="label")
            yield Dial(id="dial")
        with Horizontal(classes="row"):
            yield Static("Mode", classes="label")
            yield Choice(MODES, id="mode")
        with Horizontal(classes="row"):
            yield Static("Persona", classes="label")
            yield Static("", id="persona", markup=False)
        yield Static("Sample answers", id="samples-title", classes="title")
        yield Static("", id="samples", markup=False)

    def on_mount(self) -> None:
        for one in self.query("Dial, Choice"):
            one.disabled = self.mynah.app.is_watching
        # Screens that only watch have none made.
        self.query_one("#samples-title").display = not self.mynah.app.is_watching

    def reload(self) -> None:
        if self._shown == self.guild.row:
            return
        self._shown = self.guild.row
        self.query_one(Dial).value = self.guild.dial
        self.query_one(Choice).value = self.guild.mode
        request = control.ConfigGet("reply.persona", guild=self.guild.key)
        self.mynah.request(request, self._take_persona)
        self.action_samples()

    def _take_persona(self, reply: control.ConfigGetReply) -> None:
        found = settings_list.items(reply, ("channel",))
        values = {item.key.name: item.value for item in found}
        self._persona = str(values.get("reply.persona", ""))
        press = "; press <p guild.voice.persona> to write one"
        none = f"none{self.mynah.app.advice(press)}"
        shown = self._persona or none
        idle = {item.key.name: item.idle for item in found}.get("reply.persona")
        if idle:
            shown = f"{shown} (no effect now: {idle})"
        self.query_one("#persona", Static).update(Content(safe_line(shown)))

    @on(Dial.Changed)
    @on(Choice.Changed)
    def _turned(self, event: Dial.Changed | Choice.Changed) -> None:
        event.stop()
        is_dial = isinstance(event, Dial.Changed)
        self._touched.add("reply.dial" if is_dial else "reply.mode")
        if self._settling:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_SECONDS, self._settled)

    def show_guild(self, guild: control.GuildFigures) -> None:
        """Show a server; a change of the dial just before goes to the previous one."""
        if self._touched and guild.row != self.guild.row:
            self._settled()
        super().show_guild(guild)

    def _settled(self) -> None:
        if self._settling:
            self._settling.stop()
        dial, mode = self.query_one(Dial).value, self.query_one(Choice).value
        self._guild = replace(self.guild, dial=dial, mode=mode)
        self.mynah.app.keep_guild(self._guild)
        values = {"reply.dial": str(dial), "reply.mode": mode}
        for key in sorted(self._touched):
            put = settings_list.put_value
            put(self.mynah, key, values[key], self.mynah.refresh_data, self.guild.key)
        self._touched.clear()
        self.action_samples()

    def action_samples(self) -> None:
        """Request three replies to real messages; they cost nothing."""
        self._ask_samples(is_free=True)

    def action_ask_host(self) -> None:
        """Have the samples made once by the host, which may cost money."""
        ask_host(
            self.mynah,
            f"{SAMPLES} samples",
            self.guild,
            lambda: self._ask_samples(is_free=False),
        )

    def _ask_samples(self, *, is_free: bool) -> None:
        if not self._guild or self.mynah.app.is_watching:
            return
        title = f"Sample answers, made {origin(self.mynah, self.guild, is_free)}"
        self.query_one("#samples-title", Static).update(Content(title))
        self.query_one("#samples", Static).update("listening…")
        self.mynah.fetch(lambda: self._sample(is_free), self._show_samples, "samples")

    async def _sample(self, is_free: bool) -> list[tuple[str, str, control.SayReply]]:
        page = await self.mynah.app.shelf.messages(self.guild.row, limit=60)
        asked = [m for m in page if len(m.text.split()) > 3][-SAMPLES * 3 :: 3]
        made = []
        host = format.first_host(self.mynah.app.status, self.guild.provider)
        for message in asked[-SAMPLES:]:
            request = control.Say(
                guild=self.guild.key,
                text=message.text,
                author=message.name,
                mode=self.query_one(Choice).value,
                voice=self.query_one(Dial).value,
                provider=None if is_free else host,
                is_free=is_free,
            )
            reply = await self.mynah.ask(request)
            if reply is None:
                break
            made.append((message.name, message.text, reply))
            self.mynah.post_message(Fetched([*made], self._show_samples))
        return made

    def _show_samples(self, samples: list[tuple[str, str, control.SayReply]]) -> None:
        parts: list[Content] = []
        for name, text, reply in samples:
            answer = safe_line(reply.text)
            by = f"  by {reply.provider}{format.at(reply.host, reply.reach)}"
            if reply.cost:
                by += f", {format.money(reply.cost)}"
            parts.append(
                Content.assemble(
                    (f"{name}: {safe_line(text)}\n", "$quiet"),
                    (answer, "bold"),
                    (by, "$quiet"),
                    "\n",
                )
            )
        nothing = Content.styled("There is no message to answer yet.", "$quiet")
        shown = Content("\n").join(parts) if parts else nothing
        self.query_one("#samples", Static).update(shown)

    def action_persona(self) -> None:
        """Edit the bot's persona for this server, in plain words."""

        def done() -> None:
            self._shown = None
            self.reload()

        question = "What is the bot's character on this server?"
        detail = "One or two sentences in plain words. Leave it empty for no persona."
        settings_list.ask_text(
            self.mynah,
            "reply.persona",
            (question, detail),
            self._persona,
            done,
            self.guild.key,
        )
