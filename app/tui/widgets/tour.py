"""The tour of five keys: a line above the status that says what to press next."""

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.style import Style
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from app.tui.base import MynahScreen

STOPS = ("go", "filter", "help_here", "command_palette", "undo")
"""The actions that lead to all others; each goes on to the next."""


class TourLine(Static):
    """The present stop, in the words of the screen it stands on; it has no focus."""

    ALLOW_SELECT = False

    def on_mount(self) -> None:
        self.watch(self.app, "tour_stop", self._show)
        self.screen.bindings_updated_signal.subscribe(self, self._show)

    def on_unmount(self) -> None:
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _show(self, _: object) -> None:
        screen = cast("MynahScreen", self.screen)
        at = screen.app.tour_stop
        self.display = at is not None
        if at is not None:
            head = Content.styled(f"Tour {at + 1} of {len(STOPS)}  ", "bold $accent")
            end = Content.styled(
                screen.app.with_keys("  <F12 app.end_tour> ends it"), "$quiet"
            )
            end = end.stylize(Style.from_meta({"@click": "app.end_tour"}), 2)
            self.update(
                Content.assemble(
                    head, screen.app.with_keys(advice(STOPS[at], screen)), end
                )
            )


def advice(action: str, screen: "MynahScreen") -> str:
    """Return what to press for an action, on a screen as it is now."""
    is_there = screen.NAME == "conversations"
    is_typing = isinstance(screen.focused, Input)
    leave = "<esc screen.leave_field> leaves the field, then " if is_typing else ""
    find = "</ screen.filter>"
    number, title = ("5", "Learn") if is_there else ("3", "Conversations")
    other = f"F{number}" if is_typing else number
    match action:
        case "go":
            keys = "F1 to F10 go" if is_typing else "1 to 0 and F1 to F10 go"
            return f"{keys} to a screen. Press {other} for {title}."
        case "filter" if screen.list_in_front is None:
            return f"{find} finds words in a list. Press {other} for one, then {find}."
        case "filter":
            return f"{leave}{find} finds words in the list here."
        case "help_here":
            return f"{leave}<? app.help_here> shows every key of this screen."
        case "command_palette":
            return "^p finds every action by the words you would type."
    return "<^z app.undo> takes back a setting, a rejected draft, a rollback."


def next_stop(at: int, action: str) -> int | None:
    """Return the stop after an action; None once the tour is over."""
    name = action.partition("(")[0].rpartition(".")[2]
    at += name == STOPS[at]
    return at if at < len(STOPS) else None
