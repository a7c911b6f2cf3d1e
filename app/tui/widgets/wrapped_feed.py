"""A list whose items take several lines each."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from textual.content import Content

from app.tui.widgets.feed import Feed

DRAWN_AT_ONCE = 20
"""The number of items that are drawn without a pause: a few milliseconds."""


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
        lines = self._lines_of(self.items[index], width)
        return lines[part] if part < len(lines) else Content("")

    async def draw_ahead(self, items: Sequence[object]) -> None:
        """Draw items that will be shown, with room for keys in between."""
        for at, item in enumerate(items, start=1):
            self._lines_of(item, self._width)
            if at % DRAWN_AT_ONCE == 0:
                await asyncio.sleep(0)

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width - 1

    def _lines_of(self, item: object, width: int) -> list[Content]:
        key = self._key(item)
        if width != self._drawn_width:
            self._drawn, self._drawn_width = {}, width
        kept = self._drawn.get(key)
        if kept is None or kept[0] != item:
            kept = item, self._draw_lines(item, width)
            self._drawn[key] = kept
        return kept[1]

    def _lay_out(self) -> None:
        heights = [len(self._lines_of(item, self._width)) for item in self.items]
        self._tops = [0, *accumulate(heights)]
        if heights and len(self._drawn) > 2 * len(heights):
            # Most are of items that are no longer here.
            keys = [self._key(item) for item in self.items]
            self._drawn = {key: self._drawn[key] for key in keys}
        super()._lay_out()
