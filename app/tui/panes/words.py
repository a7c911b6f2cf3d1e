"""The words and phrases that are typical of this voice."""

import time
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from app.core.errors import AppError
from app.core.safe_text import safe_line
from app.ipc import control
from app.tui.panes.base import Pane

TITLE = "Words this server uses more than people do in general"


class WordsPane(Pane):
    """Two lists, the most telling first."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "read_again", "Read again")]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown: object = None
        """The row of the server that is shown or asked for."""
        self._waiting: Timer | None = None
        self._began = 0.0

    def compose(self) -> ComposeResult:
        yield Static(TITLE, id="words-title", classes="quiet", markup=False)
        with VerticalScroll(), Horizontal(id="word-lists"):
            yield Static("", id="own-words", markup=False)
            yield Static("", id="own-phrases", markup=False)

    def reload(self) -> None:
        if self._shown == self.guild.row or not self.mynah.app.link_state.is_up:
            return
        self._shown = row = self.guild.row
        self._show_lists(Content(""), Content(""))
        self._began = time.monotonic()
        self._end_waiting()
        self._waiting = self.set_interval(1, self._say_waiting)
        self._say_waiting()

        def show(reply: control.PhrasesReply) -> None:
            if self._shown == row:
                self._show(reply)

        def refused(error: AppError) -> None:
            if self._shown == row:
                self._shown = None
                again = "Press <r guild.words.read_again> to read again."
                self._say(f"{error} {self.mynah.app.with_keys(again)}")

        request = control.Phrases(self.guild.key)
        self.mynah.request(request, show, "words", refused)

    def action_read_again(self) -> None:
        """Read the newest messages again."""
        self._shown = None
        if self._guild:
            self.reload()

    def _show(self, reply: control.PhrasesReply) -> None:
        self._say(TITLE)
        words, phrases = _list("Words", reply.words), _list("Phrases", reply.phrases)
        self._show_lists(words, phrases)

    def _show_lists(self, words: Content, phrases: Content) -> None:
        self.query_one("#own-words", Static).update(words)
        self.query_one("#own-phrases", Static).update(phrases)

    def _say_waiting(self) -> None:
        seconds = int(time.monotonic() - self._began)
        so_far = f" {seconds} s so far." if seconds else ""
        words = f"Comparing this server's newest messages with general talk…{so_far}"
        self.query_one("#words-title", Static).update(words)

    def _say(self, text: str) -> None:
        self._end_waiting()
        self.query_one("#words-title", Static).update(Content(safe_line(text)))

    def _end_waiting(self) -> None:
        if self._waiting:
            self._waiting.stop()


def _list(title: str, rows: list[control.CountedText]) -> Content:
    head = Content.styled(f"\n{title}", "bold")
    if not rows:
        return Content.assemble(head, ("\nnothing stands out yet", "$quiet"))
    lines = [
        Content.assemble((f"{row.count:>6}  ", "$quiet"), safe_line(row.text))
        for row in rows
    ]
    return Content("\n").join([head, *lines])
