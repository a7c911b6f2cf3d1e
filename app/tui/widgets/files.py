"""A dialog for choosing a file."""

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import DirectoryTree, Static

from app.core.safe_text import safe_line


class PickFile(ModalScreen[str | None]):
    """A file browser; returns the path of the chosen file."""

    DEFAULT_CSS = """
    PickFile DirectoryTree { height: 16; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False),
        Binding("backspace,left", "parent", "Folder above", show=False),
    ]

    def __init__(self, question: str, start: Path) -> None:
        super().__init__()
        self._question = question
        self._start = start

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="title", markup=False)
            yield Static(safe_line(str(self._start)), id="folder", markup=False)
            yield DirectoryTree(self._start)
            keys = "enter to choose, backspace for the folder above, esc to cancel"
            yield Static(keys, classes="quiet")

    def action_parent(self) -> None:
        """Go to the folder above, up to the root of the disk."""
        tree = self.query_one(DirectoryTree)
        tree.path = folder = Path(tree.path).parent
        self.query_one("#folder", Static).update(Content(safe_line(str(folder))))

    @on(DirectoryTree.FileSelected)
    def _selected(self, event: DirectoryTree.FileSelected) -> None:
        self.dismiss(str(event.path))
