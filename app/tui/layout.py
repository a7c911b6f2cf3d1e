"""The panels of the screens: one enlarged, some put away, kept from start to start."""

import json
from collections.abc import Iterator
from contextlib import suppress

from textual.containers import ScrollableContainer
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Input

from app.core.files import write_text
from app.core.paths import Home

LARGE, AWAY = "large", "away"
_LARGE, _AWAY = "-large", "-away"


class Layout:
    """The owner's wishes for each panel of each screen."""

    def __init__(self, home: Home, *, may_write: bool = True) -> None:
        self._file = home.layout_file
        self._may_write = may_write
        self._kept = _read(home)

    def arrange(self, name: str, screen: Screen[None]) -> None:
        """Lay out the panels of a screen as they were kept; no hidden one has keys."""
        body = screen.query_one("#body")
        self._lay_out(name, body)
        if screen.focused is not None and is_away(screen.focused):
            panels = (panel_of(one, body) for one in screen.focus_chain)
            seen = (one for one in panels if one is not None and not is_away(one))
            screen.set_focus(next(seen, None))

    def _lay_out(self, screen: str, body: Widget) -> None:
        for widget in body.query(f".{_LARGE}, .{_AWAY}"):
            widget.remove_class(_LARGE, _AWAY)
        for name, how in self._kept.get(screen, {}).items():
            with suppress(NoMatches):
                panel = body.query_one(f"#{name}")
                if how == AWAY:
                    panel.add_class(_AWAY)
                else:
                    _enlarge(panel, body)

    def enlarge(self, screen: str, panel: Widget) -> None:
        """Give a panel all of the room, or the usual part of it again."""
        kept = self._kept.setdefault(screen, {})
        name = panel.id or ""
        was_large = kept.get(name) == LARGE
        self._keep(screen, {k: how for k, how in kept.items() if how != LARGE})
        if not was_large:
            self._keep(screen, self._kept[screen] | {name: LARGE})

    def put_away(self, screen: str, panel: Widget) -> None:
        """Hide a panel, in a screen that shows all of its panels."""
        self._keep(screen, {panel.id or "": AWAY})

    def show_all(self, screen: str) -> bool:
        """Show every panel as usual; tell if one was hidden."""
        had_any = bool(self._kept.get(screen))
        self._keep(screen, {})
        return had_any

    def _keep(self, screen: str, wishes: dict[str, str]) -> None:
        self._kept[screen] = wishes
        if self._may_write:
            with suppress(OSError):
                write_text(self._file, json.dumps(self._kept))


def panel_of(widget: Widget | None, body: Widget) -> Widget | None:
    """Return the panel that a widget is, or is in; None for one that stands alone."""
    panel = widget
    while panel is not None and panel is not body:
        is_panel = isinstance(panel, ScrollView | ScrollableContainer)
        if is_panel and panel.id and not isinstance(panel, Input):
            return panel if any(_beside(panel, body)) else None
        panel = panel.parent if isinstance(panel.parent, Widget) else None
    return None


def is_away(widget: Widget) -> bool:
    """Tell if a widget is hidden by a wish of the owner."""
    return any(one.has_class(_AWAY) for one in widget.ancestors_with_self)


def _enlarge(panel: Widget, body: Widget) -> None:
    panel.add_class(_LARGE)
    for other, frame in _beside(panel, body):
        other.add_class(_AWAY)
        frame.add_class(_LARGE)


def _beside(panel: Widget, body: Widget) -> Iterator[tuple[Widget, Widget]]:
    """Yield every widget that takes room beside a panel, and the panel's part there."""
    inner = panel
    while isinstance(outer := inner.parent, Widget) and inner is not body:
        # The sections of a screen take turns, and their names stay.
        if isinstance(outer, ContentSwitcher):
            return
        for other in outer.children:
            if other is not inner:
                yield other, inner
        inner = outer
        if outer is body:
            return


def _read(home: Home) -> dict[str, dict[str, str]]:
    """Return the kept wishes; none if the file is missing or somebody broke it."""
    try:
        told = json.loads(home.layout_file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return {
        screen: {
            name: how
            for name, how in wishes.items()
            if name.isidentifier() or name.replace("-", "_").isidentifier()
            if how in (LARGE, AWAY)
        }
        for screen, wishes in (told.items() if isinstance(told, dict) else ())
        if isinstance(wishes, dict)
    }
