"""The words and phrases that are typical of this voice."""

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.wire import Json
from app.tui.panes.base import Pane


class WordsPane(Pane):
    """Two lists, the most telling first."""

    def compose(self) -> ComposeResult:
        yield Static("Words this server uses more than others", classes="quiet")
        with VerticalScroll(), Horizontal(id="word-lists"):
            yield Static("", id="own-words", markup=False)
            yield Static("", id="own-phrases", markup=False)

    def reload(self) -> None:
        self.mynah.request(control.Phrases(self.guild["key"]), self._show)

    def _show(self, reply: Json) -> None:
        for id, title in (("words", "Words"), ("phrases", "Phrases")):
            rows = reply.get(id, [])
            self.query_one(f"#own-{id}", Static).update(_list(title, rows))


def _list(title: str, rows: list[Json]) -> Content:
    head = Content.styled(f"\n{title}", "bold")
    if not rows:
        return Content.assemble(head, ("\nnothing stands out yet", "$quiet"))
    lines = [
        Content.assemble(
            (f"{row.get('count', 0):>6}  ", "$quiet"), safe_line(str(row.get("text")))
        )
        for row in rows
    ]
    return Content("\n").join([head, *lines])
