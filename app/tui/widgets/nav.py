"""The names of the screens above every screen, on as many lines as they need."""

from collections.abc import Iterator

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from app.tui.screens import SCREENS, ScreenEntry

WIDE = 112
"""The width from which the program's name and wide gaps fit."""


class Nav(Widget):
    """The screens with their keys; a click opens one."""

    DEFAULT_CSS = """
    Nav { height: auto; padding: 0 1; background: $surface; }
    """

    def __init__(self, current: str) -> None:
        super().__init__(id="nav")
        self._current = current

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(line for _, line, _ in self._places(width)) + 1

    def render(self) -> Content:
        lines: dict[int, Content] = {}
        for entry, line, start in self._places(self.size.width):
            before = lines.get(line, self._program if line == 0 else Content(""))
            gap = " " * (start - before.cell_length)
            lines[line] = Content.assemble(before, gap, self._item(entry))
        return Content("\n").join(lines.values())

    def on_click(self, event: events.Click) -> None:
        """Open the screen whose name is under the mouse."""
        x = event.x - self.styles.padding.left
        for entry, line, start in self._places(self.size.width):
            end = start + self._item(entry).cell_length
            if line == event.y and start <= x < end:
                self.app.switch_mode(entry.name)
                return

    def _places(self, width: int) -> Iterator[tuple[ScreenEntry, int, int]]:
        """Yield every screen with its line and column, for a width in cells."""
        gap = 2 if self._is_wide else 1
        line, start = 0, self._program.cell_length
        start += gap if start else 0
        for entry in SCREENS:
            length = self._item(entry).cell_length
            if start and start + length > width:
                line, start = line + 1, 0
            yield entry, line, start
            start += length + gap

    @property
    def _program(self) -> Content:
        return Content.styled("mynah" if self._is_wide else "", "bold $accent")

    @property
    def _is_wide(self) -> bool:
        return self.app.size.width >= WIDE

    def _item(self, entry: ScreenEntry) -> Content:
        attention = getattr(self.app, "attention", None)
        badge = attention.badges.get(entry.name, "") if attention else ""
        beside = (f" {badge}" if badge else "", "bold $warning")
        if entry.name == self._current:
            shown = f"{entry.key} {entry.title}"
            return Content.assemble((shown, "bold underline $accent"), beside)
        return Content.assemble(
            (entry.key, "$quiet"), " ", (entry.title, "$foreground"), beside
        )
