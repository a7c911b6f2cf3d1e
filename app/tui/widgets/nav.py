"""The navigation line above every screen."""

from textual import events
from textual.content import Content
from textual.widget import Widget

from app.tui.screens import SCREENS, ScreenEntry

WIDE = 112
"""The width from which full titles and the name fit."""


class Nav(Widget):
    """The screens with their keys; a click opens one."""

    DEFAULT_CSS = """
    Nav { height: 1; padding: 0 1; background: $surface; }
    """

    def __init__(self, current: str) -> None:
        super().__init__(id="nav")
        self._current = current

    def render(self) -> Content:
        parts: list[Content] = []
        if self._is_wide:
            parts.append(Content.styled("mynah", "bold $accent"))
        parts += [self._item(entry) for entry in SCREENS]
        return Content("  " if self._is_wide else " ").join(parts)

    def on_click(self, event: events.Click) -> None:
        """Open the screen whose name is under the mouse."""
        x = 1 + (len("mynah  ") if self._is_wide else 0)
        for entry in SCREENS:
            end = x + self._item(entry).cell_length
            if x <= event.x < end:
                self.app.switch_mode(entry.name)
                return
            x = end + (2 if self._is_wide else 1)

    @property
    def _is_wide(self) -> bool:
        return self.app.size.width >= WIDE

    def _item(self, entry: ScreenEntry) -> Content:
        title = entry.title if self._is_wide else entry.short or entry.title
        if entry.name == self._current:
            return Content.styled(f"{entry.key} {title}", "bold underline $accent")
        return Content.assemble((entry.key, "$quiet"), " ", (title, "$foreground"))
