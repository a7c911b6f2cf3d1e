"""The words and phrases that are typical of this voice."""

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from app.core.safe_text import safe_line
from app.ipc import control
from app.tui.panes.base import Pane


class WordsPane(Pane):
    """Two lists, the most telling first."""

    def compose(self) -> ComposeResult:
        yield Static("Words this server uses more than others", classes="quiet")
        with VerticalScroll(), Horizontal(id="word-lists"):
            yield Static("", id="own-words", markup=False)
            yield Static("", id="own-phrases", markup=False)

    def reload(self) -> None:
        self.mynah.request(control.Phrases(self.guild.key), self._show)

    def _show(self, reply: control.PhrasesReply) -> None:
        self.query_one("#own-words", Static).update(_list("Words", reply.words))
        self.query_one("#own-phrases", Static).update(_list("Phrases", reply.phrases))


def _list(title: str, rows: list[control.CountedText]) -> Content:
    head = Content.styled(f"\n{title}", "bold")
    if not rows:
        return Content.assemble(head, ("\nnothing stands out yet", "$quiet"))
    lines = [
        Content.assemble((f"{row.count:>6}  ", "$quiet"), safe_line(row.text))
        for row in rows
    ]
    return Content("\n").join([head, *lines])
