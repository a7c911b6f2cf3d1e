"""A question for a text of several lines."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea


class AskLines(ModalScreen[str | None]):
    """A text of several lines; None when the owner cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Send", show=False, priority=True),
        Binding("escape", "dismiss(None)", "Cancel", show=False, priority=True),
    ]
    DEFAULT_CSS = "AskLines TextArea { height: 10; }"

    def __init__(self, question: str, text: str = "") -> None:
        super().__init__()
        self._question = question
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="title", markup=False)
            yield Static("", classes="gap")
            yield TextArea(self._text)
            yield Static("^s to send, enter for a new line, esc to cancel")

    def on_mount(self) -> None:
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        area.focus()

    def action_send(self) -> None:
        """Send the text."""
        self.dismiss(self.query_one(TextArea).text)
