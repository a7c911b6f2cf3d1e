"""The rule for screens that only watch; the bot refuses their requests in any case."""

from textual.binding import Binding
from textual.dom import DOMNode

READING = frozenset(
    "enlarge hide_panel open graphs filter leave_field pick section view jump xray"
    " conversation copy_part"
    " places lines results level newest save compare scroll_talk pick_guild type"
    " sources leave_or_stop tour read_again".split()
)
"""The actions of screens and sections that change nothing."""


def only_reads(action: object) -> bool:
    """Return whether an action of a screen or section changes nothing."""
    return str(action).partition("(")[0] in READING


def would_change(action: object, owner: DOMNode | None) -> bool:
    """Return whether an action is a key of a screen or section, and changes things."""
    from app.tui.base import MynahScreen
    from app.tui.panes.base import Pane

    # The keys of the program, of lists, fields and dialogs only lead somewhere.
    keys = type(owner).BINDINGS if isinstance(owner, MynahScreen | Pane) else ()
    actions = {key.action for key in keys if isinstance(key, Binding)}
    return action in actions and not only_reads(action)
