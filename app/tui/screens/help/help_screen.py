"""Help: every key, and Mynah's own terms."""

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.keys import format_key
from textual.widgets import Static

from app.tui.base import MynahScreen
from app.tui.screens import SCREENS

EVERYWHERE = (
    ("1 … 9, 0", "go to a screen (outside text fields)"),
    ("F1 … F10", "go to a screen from anywhere"),
    ("esc", "leave a text field, close a dialog"),
    ("tab", "next part of the screen"),
    ("↑ ↓ enter", "move in a list, open or change"),
    ("/", "filter the list"),
    ("^p", "every action by name"),
    ("^t", "light or dark"),
    ("^q", "quit; a bot started elsewhere keeps running"),
)

WORDS = (
    ("voice", "the way one server writes, as Mynah learned it"),
    ("dial", "0 % is the model alone, 100 % the voice alone"),
    ("chain", "the voice alone writes, in milliseconds, without a model"),
    ("hybrid", "model and voice choose every word together"),
    (
        "provider",
        "the writer of a reply: markov, local (here), openai (in the cloud)",
    ),
    ("rung", "one provider on the ladder; if it can't answer, the next one does"),
    ("recall", "earlier messages found by meaning"),
    ("shadow", "replies wait as drafts until you approve them"),
    ("lock", "data of a locked server never leaves this computer"),
)


class HelpScreen(MynahScreen):
    """Keys by screen, generated from the bindings."""

    NAME = "help"
    CSS_PATH = "help_screen.tcss"

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="pages"):
            for title, keys in key_tables():
                yield Static(_table(title, keys), markup=False)
            yield Static(_table("Words", WORDS), markup=False)

    def on_mount(self) -> None:
        self.query_one("#pages").focus()


def key_tables() -> Iterator[tuple[str, Sequence[tuple[str, str]]]]:
    """Return (title, keys with their actions) of every place, screen and section."""
    # This loads every screen, which takes a moment, so only Help does it.
    from app.tui.panes import PANES

    yield "Everywhere", EVERYWHERE
    for entry in SCREENS:
        screen = type(entry.load())
        if keys := _keys(screen):
            yield f"{entry.key} {entry.title}", keys
        if entry.name == "guild":
            for name, pane in PANES.items():
                if keys := _keys(pane):
                    yield f"{entry.key} {entry.title}, {name}", keys


def _keys(owner: type[DOMNode]) -> list[tuple[str, str]]:
    """Return the keys of a screen or section, with their actions' descriptions."""
    found = [b for b in owner.BINDINGS if isinstance(b, Binding) and b.description]
    return [(b.key_display or _shown(b.key), _says(owner, b)) for b in found]


def _shown(keys: str) -> str:
    shown = (key.removeprefix("ctrl+") for key in keys.split(","))
    carets = ("^" if key.startswith("ctrl+") else "" for key in keys.split(","))
    return " ".join(
        f"{c}{format_key(key)}" for c, key in zip(carets, shown, strict=True)
    )


def _says(owner: type[DOMNode], binding: Binding) -> str:
    # An action shared by several keys describes each too vaguely.
    action = getattr(owner, f"action_{binding.action}", None)
    says = (action.__doc__ if action else None) or binding.description
    return says.strip().rstrip(".")


def _table(title: str, rows: Sequence[tuple[str, str]]) -> Content:
    head = Content.styled(title, "bold $accent")
    lines = [
        Content.assemble((f"  {key:<14}", "bold"), (says, "$quiet"))
        for key, says in rows
    ]
    return Content("\n").join([head, *lines, Content("")])
