"""What the voice picked up lately, with a veto."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from app.ipc import control
from app.ipc.wire import Json
from app.safe_text import safe_line
from app.tui import figures
from app.tui.panes.base import Pane
from app.tui.widgets.dialogs import Confirm, Detail
from app.tui.widgets.feed import Feed

if TYPE_CHECKING:
    from app.store.messages import StoredMessage

SHOWN = 400


class LearnedPane(Pane):
    """The newest messages below; what was not learned says why."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "veto", "Veto"),
        Binding("slash", "filter", "Filter"),
    ]

    def compose(self) -> ComposeResult:
        yield Input(placeholder="/ to find among everything learned", id="find")
        yield Feed(draw, id="learned-list")
        yield Static("Nothing yet.", id="nothing", classes="empty")

    def reload(self) -> None:
        self.mynah.fetch(self._load, self._show, "learned")

    async def _load(self) -> "list[StoredMessage]":
        words = self.query_one(Input).value.strip()
        row = self.guild["row"]
        return await self.mynah.app.shelf.messages(row, None, words, SHOWN)

    def _show(self, messages: "list[StoredMessage]") -> None:
        self.query_one(Feed).show(messages)
        self.query_one("#nothing").display = not messages

    def take_focus(self) -> None:
        """The list, not the field above it."""
        self.query_one(Feed).focus()

    @on(Input.Changed)
    def _words_changed(self) -> None:
        self.reload()

    @on(Input.Submitted)
    def _words_entered(self) -> None:
        self.take_focus()

    @on(Feed.Chosen)
    def _open(self, event: Feed.Chosen) -> None:
        self.app.push_screen(Detail(safe_line(event.item.name), event.item.text))

    def action_filter(self) -> None:
        """Find messages by their words."""
        self.query_one(Input).focus()

    def action_veto(self) -> None:
        """Unlearn the chosen message."""
        message: StoredMessage | None = self.query_one(Feed).item
        if message is None:
            return
        request = control.Forget(self.guild["key"], messages=[message.external])

        def forgotten(_: Json) -> None:
            self.mynah.app.tell("Unlearned.")
            self.reload()

        def answered(yes: bool | None) -> None:
            if yes:
                self.mynah.request(request, forgotten)

        detail = safe_line(message.text)[:200]
        question = "Unlearn this message for ever?"
        self.app.push_screen(Confirm(question, detail, "Unlearn"), answered)


def draw(message: "StoredMessage", width: int) -> Content:
    """One message; a dropped one is marked with its reason."""
    dropped = f"not learned: {message.dropped}  " if message.dropped else ""
    name = Content(safe_line(message.name)).truncate(16, ellipsis=True, pad=True)
    return Content.assemble(
        (f"{figures.day(message.ts / 1000)} ", "$quiet"),
        name.stylize("bold"),
        (f" {dropped}", "$warning"),
        safe_line(message.text)[: width * 2],
    )
