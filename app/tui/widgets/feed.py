"""A long list of one-line items that stays quick however fast it grows."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

MAX_ITEMS = 2000


class Feed(ScrollView, can_focus=True):
    """Draws only the lines in view; keeps the newest `MAX_ITEMS` items.

    While the cursor is on the last line, it follows what is added.
    """

    DEFAULT_CSS = """
    Feed { height: 1fr; background: $background; overflow-x: hidden; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"feed--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "move_page(-1)", "Page up", show=False),
        Binding("pagedown", "move_page(1)", "Page down", show=False),
        Binding("home", "move(-1000000)", "Oldest", show=False),
        Binding("end", "move(1000000)", "Newest", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    cursor: reactive[int] = reactive(-1, repaint=False)

    class Pointed(Message):
        """Something about one item."""

        def __init__(self, feed: "Feed", item: Any) -> None:
            super().__init__()
            self.feed = feed
            self.item = item

        @property
        def control(self) -> "Feed":
            return self.feed

    class Chosen(Pointed):
        """Enter or a click on an item."""

    class Moved(Pointed):
        """The cursor came to rest on another item."""

    def __init__(
        self, draw: Callable[[Any, int], Content], *, id: str | None = None
    ) -> None:
        """`draw` makes the line of one item for a width in cells."""
        super().__init__(id=id)
        self._draw = draw
        self.items: list[Any] = []

    @property
    def item(self) -> Any | None:
        """The item under the cursor."""
        return self.items[self.cursor] if 0 <= self.cursor < len(self.items) else None

    def show(self, items: Sequence[Any], cursor: int | None = None) -> None:
        """Replace all items; the cursor goes to the newest unless told otherwise."""
        self.items = list(items[-MAX_ITEMS:])
        last = len(self.items) - 1
        self._lay_out()
        self.cursor = last if cursor is None else max(min(cursor, last), min(0, last))
        self._reveal()
        self.refresh()

    def add(self, items: Sequence[Any]) -> None:
        """Append items; the oldest make room."""
        if not items:
            return
        follows = self.cursor >= len(self.items) - 1
        self.items.extend(items)
        surplus = max(0, len(self.items) - MAX_ITEMS)
        del self.items[:surplus]
        self._lay_out()
        last = len(self.items) - 1
        self.cursor = last if follows else max(0, self.cursor - surplus)
        if follows:
            self._reveal()
        self.refresh()

    def on_resize(self) -> None:
        self._lay_out()
        self._reveal()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self.items):
            return Strip.blank(width, self.rich_style)
        is_cursor = index == self.cursor
        mark = ("▌", "$accent") if is_cursor else (" ", "")
        content = Content.assemble(mark, self._draw(self.items[index], width - 1))
        content = content.truncate(width, ellipsis=True, pad=True)
        style = self.visual_style
        if is_cursor:
            style += self.get_visual_style("feed--cursor", partial=True)
        (strip, *_) = Visual.to_strips(self, content, width, 1, style)
        return strip.crop_extend(0, width, None)

    def action_move(self, step: int) -> None:
        """Move the cursor by lines."""
        if self.items:
            self.cursor = max(0, min(len(self.items) - 1, self.cursor + step))

    def action_move_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self.action_move(direction * max(1, self.size.height - 1))

    def action_choose(self) -> None:
        """Open the item under the cursor."""
        if self.item is not None:
            self.post_message(self.Chosen(self, self.item))

    def on_click(self, event: events.Click) -> None:
        index = event.y + self.scroll_offset.y
        if index < len(self.items):
            self.cursor = index
            self.action_choose()

    def watch_cursor(self) -> None:
        self._reveal()
        self.refresh()
        if self.item is not None:
            self.post_message(self.Moved(self, self.item))

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width, len(self.items))

    def _reveal(self) -> None:
        height = self.size.height
        if self.cursor < 0 or not height:
            return
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)
