"""Recently learned messages, with a veto."""

from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from app.core.safe_text import safe_line
from app.ipc import control
from app.tui import format
from app.tui.panes.base import Pane
from app.tui.widgets.dialogs import Confirm, Detail
from app.tui.widgets.feed import Feed

if TYPE_CHECKING:
    from app.store.rows import StoredMessage

SHOWN = 400


class LearnedPane(Pane):
    """A list with the newest messages below; skipped ones show the reason."""

    ON_A_LINE: ClassVar[frozenset[str]] = frozenset(("veto",))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "veto", "Veto"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._words = ""

    def compose(self) -> ComposeResult:
        yield Feed(
            lambda message, width: draw(message, width, self.mynah.app.clock()),
            attrgetter("id"),
            id="learned-list",
            empty="No message is learned here yet.",
            is_newest_last=True,
        )

    def filter(self, words: str) -> None:
        """Find the words in all learned messages, not only in the visible ones."""
        self._words = words.strip()
        self.reload()

    def reload(self) -> None:
        self.mynah.fetch(self._load, self._show, "learned")

    async def _load(self) -> "list[StoredMessage]":
        row = self.guild.row
        return await self.mynah.app.shelf.messages(row, None, self._words, SHOWN)

    def _show(self, messages: "list[StoredMessage]") -> None:
        self.query_one(Feed).show(messages)
        found = f"No learned message contains “{safe_line(self._words)}”."
        if self._words and not messages:
            self.query_one(Feed).empty = found

    @on(Feed.Chosen)
    def _open(self, event: Feed.Chosen) -> None:
        self.app.push_screen(Detail(safe_line(event.item.name), event.item.text))

    def action_veto(self) -> None:
        """Forget the chosen message."""
        message: StoredMessage | None = self.query_one(Feed).item
        if message is None:
            return
        request = control.Forget(self.guild.key, messages=[message.external])

        def forgotten(_: object) -> None:
            self.mynah.app.tell("Unlearned.")
            self.reload()

        def answered(yes: bool | None) -> None:
            if yes:
                self.mynah.request(request, forgotten)

        detail = safe_line(message.text)[:200]
        question = "Forget this message forever?"
        self.app.push_screen(Confirm(question, detail, "Unlearn"), answered)


def draw(message: "StoredMessage", width: int, now: float) -> Content:
    """Draw one message; a skipped one shows its reason."""
    dropped = f"not learned: {message.dropped}  " if message.dropped else ""
    name = Content(safe_line(message.name)).truncate(16, ellipsis=True, pad=True)
    return Content.assemble(
        (f"{format.day(message.ts / 1000, now):<8}  ", "$quiet"),
        name.stylize("bold"),
        (f" {dropped}", "$warning"),
        safe_line(message.text)[: width * 2],
    )
