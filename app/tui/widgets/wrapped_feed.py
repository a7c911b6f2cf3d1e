"""A list whose items take several lines each."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from textual.content import Content

from app.tui.widgets.feed import Feed


class WrappedFeed(Feed):
    """A `Feed` whose `draw` returns as many lines as an item needs at a width."""

    _tops: Sequence[int] = (0,)
    """The first line of each item, and the number of all lines."""
    _drawn: dict[object, tuple[object, list[Content]]]
    """Each item with its lines at a width, by its key."""
    _drawn_width: int | None = None

    def __init__(
        self,
        draw: Callable[..., list[Content]],
        key: Callable[..., object],
        *,
        id: str,
    ) -> None:
        def whole(item: object, width: int) -> Content:
            return Content("\n").join(draw(item, width))

        super().__init__(whole, key, id=id, is_newest_last=True)
        self._draw_lines = draw

    def top_of(self, index: int) -> int:
        return self._tops[min(index, len(self._tops) - 1)]

    def index_at(self, line: int) -> int:
        return max(0, bisect_right(self._tops, line) - 1)

    def line_of(self, index: int, part: int, width: int) -> Content:
        lines = self._lines(index, width)
        return lines[part] if part < len(lines) else Content("")

    def _lines(self, index: int, width: int) -> list[Content]:
        item: object = self.items[index]
        key = self._key(item)
        if width != self._drawn_width:
            self._drawn, self._drawn_width = {}, width
        kept = self._drawn.get(key)
        if kept is None or kept[0] != item:
            kept = item, self._draw_lines(item, width)
            self._drawn[key] = kept
        return kept[1]

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width - 1
        heights = [len(self._lines(at, width)) for at in range(len(self.items))]
        self._tops = [0, *accumulate(heights)]
        if heights and len(self._drawn) > 2 * len(heights):
            # Most are of items that are no longer here.
            self._drawn = {}
        super()._lay_out()
