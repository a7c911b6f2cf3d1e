"""A list whose items take several lines each."""

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from textual.content import Content

from app.tui.widgets.feed import Feed


class WrappedFeed(Feed):
    """A `Feed` whose `draw` returns as many lines as an item needs at a width."""

    def __init__(
        self,
        draw: Callable[[Any, int], Content],
        key: Callable[[Any], object],
        **options: Any,
    ) -> None:
        """Take what `Feed` takes."""
        super().__init__(draw, key, **options)
        self._tops = [0]
        """The first line of each item, and the number of all lines."""
        self._drawn: dict[object, tuple[Any, list[Content]]] = {}
        """Each item's lines, with the item, at the present width."""
        self._drawn_width = 0

    def top_of(self, index: int) -> int:
        return self._tops[min(index, len(self._tops) - 1)]

    def index_at(self, line: int) -> int:
        return max(0, bisect_right(self._tops, line) - 1)

    def line_of(self, index: int, part: int, width: int) -> Content:
        lines = self._lines(index, width)
        return lines[part] if part < len(lines) else Content("")

    def _lines(self, index: int, width: int) -> list[Content]:
        item = self.items[index]
        key = self._key(item)
        if width != self._drawn_width:
            self._drawn, self._drawn_width = {}, width
        kept = self._drawn.get(key)
        if kept is None or kept[0] != item:
            kept = item, list(self._draw(item, width).split("\n", allow_blank=True))
            self._drawn[key] = kept
        return kept[1]

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width - 1
        before = self._drawn
        heights = [len(self._lines(at, width)) for at in range(len(self.items))]
        self._tops = [0, *accumulate(heights)]
        if len(before) > 2 * len(heights):
            # Forget items that are no longer here.
            self._drawn = {}
        super()._lay_out()
