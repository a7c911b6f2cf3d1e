"""The voice: mode, dial with three live samples, and persona."""

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
from app.ipc.wire import Json
from app.settings.schema import MODES
from app.tui import settings_list
from app.tui.base import Fetched
from app.tui.panes.base import Pane
from app.tui.widgets.choice import Choice
from app.tui.widgets.dial import Dial
from app.tui.widgets.dialogs import AskText

SAMPLES = 3
SETTLE_SECONDS = 0.4
"""The rest of the dial before samples are requested."""


class VoicePane(Pane):
    """A dial with samples that follow it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "persona", "Persona"),
        Binding("n", "samples", "New samples"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._settling: Timer | None = None
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
        yield Static("Sample answers", classes="title")
        yield Static("", id="samples", markup=False)

    def reload(self) -> None:
        if self._shown == self.guild.get("row"):
            return
        self._shown = self.guild.get("row")
        self.query_one(Dial).value = self.guild.get("dial", 50)
        self.query_one(Choice).value = self.guild.get("mode", "auto")
        request = control.ConfigGet("reply.persona", guild=self.guild["key"])
        self.mynah.request(request, self._take_persona)
        self.action_samples()

    def _take_persona(self, reply: Json) -> None:
        found = settings_list.items(reply, ("channel",))
        values = {item.key.name: item.value for item in found}
        self._persona = str(values.get("reply.persona", ""))
        shown = self._persona or "none; press p to write one"
        self.query_one("#persona", Static).update(Content(safe_line(shown)))

    @on(Dial.Changed)
    @on(Choice.Changed)
    def _turned(self, event: Dial.Changed | Choice.Changed) -> None:
        event.stop()
        if self._settling:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_SECONDS, self._settled)

    def _settled(self) -> None:
        self.guild["dial"] = self.query_one(Dial).value
        self.guild["mode"] = self.query_one(Choice).value
        for key in ("dial", "mode"):
            value = str(self.guild[key])
            request = control.ConfigSet(f"reply.{key}", value, guild=self.guild["key"])
            self.mynah.request(request)
        self.action_samples()

    def action_samples(self) -> None:
        """Request three replies to real messages."""
        if self.guild:
            self.query_one("#samples", Static).update("listening…")
            self.mynah.fetch(self._sample, self._show_samples, "samples")

    async def _sample(self) -> list[tuple[str, str, Json]]:
        page = await self.mynah.app.shelf.messages(self.guild["row"], limit=60)
        asked = [m for m in page if len(m.text.split()) > 3][-SAMPLES * 3 :: 3]
        made = []
        for message in asked[-SAMPLES:]:
            request = control.Say(
                guild=self.guild["key"],
                text=message.text,
                author=message.name,
                mode=self.query_one(Choice).value,
                voice=self.query_one(Dial).value,
            )
            reply = await self.mynah.ask(request)
            if reply is None:
                break
            made.append((message.name, message.text, reply))
            self.mynah.post_message(Fetched([*made], self._show_samples))
        return made

    def _show_samples(self, samples: list[tuple[str, str, Json]]) -> None:
        parts: list[Content] = []
        for name, text, reply in samples:
            answer = safe_line(str(reply.get("text", "")))
            parts.append(
                Content.assemble(
                    (f"{name}: {safe_line(text)}\n", "$quiet"), (answer, "bold"), "\n"
                )
            )
        nothing = Content.styled("There is no message to answer yet.", "$quiet")
        shown = Content("\n").join(parts) if parts else nothing
        self.query_one("#samples", Static).update(shown)

    def action_persona(self) -> None:
        """Edit the bot's persona for this server, in plain words."""

        def written(text: str | None) -> None:
            if text is not None:
                key = self.guild["key"]
                self._persona = text
                self._shown = None
                name = "reply.persona"
                settings_list.set_value(self.mynah, name, text, self.reload, key)

        question = "What is the bot's character on this server?"
        detail = "One or two sentences in plain words. Leave it empty for no persona."
        self.app.push_screen(AskText(question, detail, self._persona), written)
