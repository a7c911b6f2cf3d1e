"""A mend of Textual 8.2.8: a widget that changes while a layout waits is measured anew.

Textual keeps what it measured under a number that it raises only for the first change
before a layout. When another widget's layout comes between two changes, the size of
the first stays for good: a short list keeps the room of a long one.
"""

from textual.geometry import Region
from textual.widget import Widget

_refresh = Widget.refresh


def measure_every_change() -> None:
    """Let every change of any widget's size count, once for this process."""
    Widget.refresh = _measured  # type: ignore[method-assign, assignment]


def _measured(
    self: Widget,
    *regions: Region,
    repaint: bool = True,
    layout: bool = False,
    recompose: bool = False,
) -> Widget:
    if layout:
        self._layout_updates += 1
    return _refresh(self, *regions, repaint=repaint, layout=layout, recompose=recompose)
