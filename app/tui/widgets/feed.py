"""A long list of one-line items that stays fast however much it grows."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.visual import Visual

from app.core.safe_text import safe_line
from app.tui.key_map import named

MAX_ITEMS = 2000


class Feed(ScrollView, can_focus=True):
    """A list that draws only visible lines, and keeps the newest `MAX_ITEMS` items.

    While the cursor is on the last line, it follows new items. Column titles stay above
    the lines; an empty list says what to do.
    """

    DEFAULT_CSS = """
    Feed { height: 1fr; background: $background; overflow-x: hidden; }
    Feed > .feed--cursor {
        background: $block-cursor-blurred-background;
    }
    Feed > .feed--focused {
        background: $block-cursor-background;
        text-style: bold;
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"feed--cursor", "feed--focused"}
    BINDINGS: ClassVar[list[BindingType]] = named(
        "list",
        [
            Binding("up", "move(-1)", "Up", show=False),
            Binding("down", "move(1)", "Down", show=False),
            Binding("pageup", "move_page(-1)", "Page up", show=False),
            Binding("pagedown", "move_page(1)", "Page down", show=False),
            Binding("home", "move(-1000000)", "Oldest", show=False),
            Binding("end", "move(1000000)", "Newest", show=False),
            Binding("enter", "choose", "Open", show=False),
            Binding("ctrl+c", "copy", "Copy the line", show=False),
        ],
    )

    cursor: reactive[int] = reactive(-1, repaint=False)

    class Pointed(Message):
        """An event about one item."""

        def __init__(self, feed: "Feed", item: Any) -> None:
            super().__init__()
            self.feed = feed
            self.item = item

        @property
        def control(self) -> "Feed":
            return self.feed

    class Chosen(Pointed):
        """An item was chosen with enter, or with a click on the cursor's line."""

    class Moved(Pointed):
        """The cursor came to rest on another item."""

    def __init__(
        self,
        draw: Callable[[Any, int], Content],
        key: Callable[[Any], object],
        *,
        id: str | None = None,
        head: Callable[[int], str] | None = None,
        empty: str = "",
        is_newest_last: bool = False,
    ) -> None:
        """`draw` returns the line of one item, `head` the titles, for a width in cells.

        Args:
            key: Returns what identifies an item, so that the cursor stays on it.
            empty: The text shown while there are no items.
            is_newest_last: Whether the cursor starts on the last item.
        """
        super().__init__(id=id)
        self._draw = draw
        self._key = key
        self._wanted: object = None
        """The key of an item to go to, which is not shown yet."""
        self._is_newest_last = is_newest_last
        self._head = head
        self._empty = empty
        self._all: list[Any] = []
        self.items: list[Any] = []
        """The visible items: all of them, or those that match the filter."""
        self.words = ""
        """The filter words, in lower case."""

    @property
    def item(self) -> Any | None:
        """The item under the cursor."""
        return self.items[self.cursor] if 0 <= self.cursor < len(self.items) else None

    @property
    def empty(self) -> str:
        """The text shown without items."""
        return f"Nothing here matches “{self.words}”." if self.words else self._empty

    @empty.setter
    def empty(self, text: str) -> None:
        self._empty = text
        self._lay_out()
        self.refresh()

    def show(self, items: Sequence[Any], cursor: int | None = None) -> None:
        """Replace all items; the cursor stays on its item, wherever that moves.

        Args:
            cursor: The place to go to instead.
        """
        was, at = self.item, self.cursor
        follows = self._is_newest_last and at >= len(self.items) - 1
        self._all = list(items[-MAX_ITEMS:])
        self.items = self._matching(self._all)
        self._lay_out()
        last = len(self.items) - 1
        wanted = self._place_of(self._wanted)
        if wanted is not None:
            self._wanted, cursor = None, wanted
        if cursor is None:
            stays = None if was is None else self._place_of(self._key(was))
            cursor = last if follows else at if stays is None else stays
        self.cursor = max(min(cursor, last), min(0, last))
        if self.cursor == at and self.item is not None and self.item != was:
            self.post_message(self.Moved(self, self.item))
        self._reveal()
        self.refresh()

    def go_to(self, key: object) -> None:
        """Put the cursor on the item with this key, now or as soon as it is shown."""
        place = self._place_of(key)
        if place is None:
            self._wanted = key
        else:
            self.cursor = place
        self.focus()

    def _place_of(self, key: object) -> int | None:
        keys = map(self._key, self.items)
        return next((at for at, one in enumerate(keys) if one == key), None)

    def add(self, items: Sequence[Any]) -> None:
        """Append items, dropping the oldest ones when full."""
        if not items:
            return
        follows = self.cursor >= len(self.items) - 1
        fresh = self._matching(list(items))
        surplus = max(0, len(self.items) + len(fresh) - MAX_ITEMS)
        self._all = [*self._all, *items][-MAX_ITEMS:]
        self.items = [*self.items, *fresh][-MAX_ITEMS:]
        self._lay_out()
        last = len(self.items) - 1
        self.cursor = last if follows else max(0, self.cursor - surplus)
        if follows:
            self._reveal()
        self.refresh()

    def filter(self, words: str) -> None:
        """Show only lines with the words; without words, show all."""
        self.words = safe_line(words.strip().lower())
        self.show(self._all)

    def _matching(self, items: list[Any]) -> list[Any]:
        if not self.words:
            return items
        width = 400  # The width is large enough that no line is cut.
        return [x for x in items if self.words in self._draw(x, width).plain.lower()]

    def on_resize(self) -> None:
        self._lay_out()
        self._reveal()

    def watch_show_vertical_scrollbar(self) -> None:
        # Textual moves only a visible bar; items that come late make it visible after
        # the list is at its end.
        self._lay_out()
        self._reveal()
        self.vertical_scrollbar.position = self.scroll_y

    def render_line(self, y: int) -> Strip:
        # With the place of each sign, the mouse selects text.
        return self._draw_line(y).apply_offsets(0, y + self.scroll_offset.y)

    def _draw_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if width <= 1:
            # After the terminal shrinks, one layout still uses its old width.
            return Strip.blank(width, self.rich_style)
        if y < self._head_height and self._head:
            head = Content.styled(f" {self._head(width - 1)}", "$quiet")
            return self._strip(head, width)
        row = y - self._head_height + self.scroll_offset.y
        if not self.items:
            lines = self._empty_lines(width)
            text = lines[row] if row < len(lines) else Content("")
            return self._strip(Content.assemble(" ", text), width)
        index = self.index_at(row)
        if index >= len(self.items):
            return self._strip(Content(""), width)
        is_cursor = index == self.cursor
        # The sign tells the list that has the keys, where there are no colors too.
        sign = ("▌", "$accent") if self.has_focus else ("▏", "$quiet")
        mark = sign if is_cursor else (" ", "")
        part = row - self.top_of(index)
        line = Content.assemble(mark, self.line_of(index, part, width - 1))
        if span := self._selected(y + self.scroll_offset.y):
            begin, end = span
            style = self.screen.get_visual_style("screen--selection", partial=True)
            line = line.stylize(style, begin, len(line) if end < 0 else end)
        return self._strip(line, width, is_cursor=is_cursor)

    def top_of(self, index: int) -> int:
        """Return the first line of an item."""
        return index

    def index_at(self, line: int) -> int:
        """Return the place of the item on a line; past the last item, their number."""
        return line

    def line_of(self, index: int, part: int, width: int) -> Content:
        """Return one of an item's lines."""
        return self._draw(self.items[index], width)

    def _strip(self, content: Content, width: int, *, is_cursor: bool = False) -> Strip:
        kind = "feed--focused" if self.has_focus else "feed--cursor"
        style = self.get_visual_style(*([kind] if is_cursor else []))
        content = content.truncate(width, ellipsis=True, pad=True)
        (strip, *_) = Visual.to_strips(self, content, width, 1, style)
        return strip.crop_extend(0, width, None)

    def _selected(self, line: int) -> tuple[int, int] | None:
        """Return the columns that the mouse selected on a line; -1 for its end."""
        selection = self.text_selection
        return selection.get_span(line) if selection else None

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text, for whatever copies it."""
        width = self.scrollable_content_region.width - 1
        head = ["" for _ in range(self._head_height)]
        lines = []
        for index in range(len(self.items)):
            for line in range(self.top_of(index), self.top_of(index + 1)):
                is_in = selection.get_span(line + len(head)) is not None
                part = line - self.top_of(index)
                shown = self.line_of(index, part, width).plain if is_in else ""
                lines.append(f" {shown}".rstrip())
        return selection.extract("\n".join(head + lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def _empty_lines(self, width: int) -> list[Content]:
        if not self.empty:
            return []
        with_keys = getattr(self.app, "with_keys", str)
        text = Content.styled(with_keys(self.empty), "$quiet")
        return text.wrap(max(8, width - 2))

    @property
    def _head_height(self) -> int:
        return 1 if self._head and self.items else 0

    def action_move(self, step: int) -> None:
        """Move the cursor by lines."""
        if self.items:
            self.cursor = max(0, min(len(self.items) - 1, self.cursor + step))

    def action_move_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        if self.items:
            line = self.top_of(self.cursor) + direction * max(1, self._rows - 1)
            there = self.index_at(max(0, line)) - self.cursor
            self.action_move(there or direction)

    def action_copy(self) -> None:
        """Copy the selected text, or else the line under the cursor."""
        selected = self.screen.get_selected_text()
        if self.item is not None or selected:
            line = self._draw(self.item, 4000).plain if self.item is not None else ""
            self.app.copy_to_clipboard(selected or " ".join(line.split()))
            self.app.notify("Copied.", timeout=2)

    def action_choose(self) -> None:
        """Open the item under the cursor."""
        if self.item is not None:
            self.post_message(self.Chosen(self, self.item))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor there; a click on the line under the cursor opens it."""
        if self.text_selection is not None:
            return
        index = self.index_at(event.y - self._head_height + self.scroll_offset.y)
        if event.y < self._head_height or index >= len(self.items):
            return
        if index == self.cursor:
            self.action_choose()
        self.cursor = index

    def watch_cursor(self, before: int, _now: int) -> None:
        self._reveal()
        self._draw_anew(before)
        self._draw_anew(self.cursor)
        if self.item is not None:
            self.post_message(self.Moved(self, self.item))

    def _draw_anew(self, index: int) -> None:
        if 0 <= index < len(self.items):
            top = self.top_of(index)
            rows = self.top_of(index + 1) - top
            self.refresh_lines(top + self._head_height, rows)

    def on_focus(self, event: events.Focus) -> None:
        self._note_focus(event, has_focus=True)

    def on_blur(self, event: events.Blur) -> None:
        self._note_focus(event, has_focus=False)

    def _note_focus(self, event: events.Event, *, has_focus: bool) -> None:
        """Do as Textual does, but draw one line anew instead of all."""
        event.prevent_default()
        self.has_focus = has_focus
        kind = events.DescendantFocus if has_focus else events.DescendantBlur
        if self.parent is not None:
            self.parent.post_message(kind(self))

    def watch_has_focus(self, _has_focus: bool) -> None:
        self._draw_anew(self.cursor)

    @property
    def _rows(self) -> int:
        """Return the visible lines."""
        return self.size.height - self._head_height

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        lines = self.top_of(len(self.items)) or len(self._empty_lines(width))
        self.virtual_size = Size(width, lines + self._head_height)

    def _reveal(self) -> None:
        height = self._rows
        if self.cursor < 0 or height <= 0:
            return
        top, end = self.top_of(self.cursor), self.top_of(self.cursor + 1)
        # Of what is higher than the list, the beginning shows.
        lowest = min(top, end - height)
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)
        elif lowest > self.scroll_offset.y:
            self.scroll_to(y=lowest, animate=False, force=True)
