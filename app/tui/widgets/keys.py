"""The keys that work now, below every screen, on as many lines as they need."""

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from app.tui.key_map import would_change

GAP = 2

STATUS_LINES = 1
"""The lines of the status bar, which stands above the keys."""


@dataclass(frozen=True)
class Shown:
    """One visible key with its position."""

    key: str
    display: str
    says: str
    line: int
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.display) + 1 + len(self.says)


class Keys(Widget):
    """Every visible key with its action; a click presses it.

    One widget draws them all, so changing keys need no new layout.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Keys { dock: bottom; height: auto; padding: 0 1; background: $background; }
    """

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def on_resize(self) -> None:
        """Keep notices above the keys and the status, however many lines they take."""
        above = self.size.height + STATUS_LINES
        for rack in self.screen.query("ToastRack"):
            rack.styles.margin = (0, 0, above, 0)

    def on_unmount(self) -> None:
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _changed(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            lines = self.shown(self.size.width)[-1].line + 1
            self.refresh(layout=lines != self.size.height)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self.shown(width)[-1].line + 1

    def render(self) -> Content:
        lines: dict[int, list[Content]] = {}
        for one in self.shown(self.size.width):
            key = Content.assemble(
                (one.display, "bold $accent"), " ", (one.says, "$quiet")
            )
            lines.setdefault(one.line, []).append(key)
        gap = Content(" " * GAP)
        return Content("\n").join(gap.join(line) for line in lines.values())

    def shown(self, width: int) -> list[Shown]:
        """Return the keys with their positions, for a width in cells, palette last."""
        found: list[Shown] = []
        line = start = 0
        for key, display, says in self._bindings_now():
            one = Shown(key, display, says, line, start)
            if start and one.end > width:
                line, start = line + 1, 0
                one = Shown(key, display, says, line, start)
            found.append(one)
            start = one.end + GAP
        return found

    def _bindings_now(self) -> list[tuple[str, str, str]]:
        palette = self.app.COMMAND_PALETTE_BINDING
        active = self.screen.active_bindings.values()
        seen: dict[str, tuple[str, str, str]] = {}
        is_watching = getattr(self.app, "is_watching", False)
        for owner, binding, is_enabled, _ in active:
            if is_watching and would_change(binding.action, owner):
                continue
            if binding.show and is_enabled and binding.key != palette:
                display = self.app.get_key_display(binding)
                row = binding.key, display, binding.description
                seen.setdefault(binding.action, row)
        find = seen.pop("filter", None)
        return [*seen.values(), *filter(None, [find]), (palette, "^p", "All actions")]

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        x = event.x - self.styles.padding.left
        for one in self.shown(self.size.width):
            if one.line == event.y and one.start <= x < one.end:
                self.app.simulate_key(one.key)
                return
