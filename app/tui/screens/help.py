"""Help: every key, and the words Mynah uses."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from app.tui.base import MynahScreen
from app.tui.screens import SCREENS

EVERYWHERE = (
    ("1 … 9, 0", "go to a screen (outside of text fields)"),
    ("F1 … F10", "go to a screen from anywhere"),
    ("esc", "leave a text field, close a dialog"),
    ("tab", "next part of the screen"),
    ("↑ ↓ enter", "move in a list, open or change"),
    ("/", "filter the list"),
    ("^p", "every action by name"),
    ("^t", "light or dark"),
    ("^q", "quit; a bot started elsewhere goes on"),
)

WORDS = (
    ("voice", "what Mynah learned of how one server speaks"),
    ("dial", "0 % the language model alone, 100 % the voice alone"),
    ("chain", "the voice walking by itself, in milliseconds, without a model"),
    ("hybrid", "model and voice decide every word together"),
    (
        "provider",
        "who wrote a reply: markov, local (this machine), openai (cloud)",
    ),
    ("rung", "one provider on the ladder; the next one answers when it can't"),
    ("recall", "earlier moments found by meaning"),
    ("shadow", "replies wait as drafts until you approve them"),
    ("lock", "nothing of a locked server ever leaves this machine"),
)


class HelpScreen(MynahScreen):
    """Keys by screen, made from the bindings themselves."""

    NAME = "help"
    CSS_PATH = "help.tcss"

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="pages"):
            yield Static(_table("Everywhere", EVERYWHERE), markup=False)
            for entry in SCREENS:
                keys = _keys(type(entry.load()))
                if keys:
                    yield Static(
                        _table(f"{entry.key} {entry.title}", keys), markup=False
                    )
            yield Static(_table("Words", WORDS), markup=False)

    def on_mount(self) -> None:
        self.query_one("#pages").focus()


def _keys(screen: type[MynahScreen]) -> list[tuple[str, str]]:
    found = [b for b in screen.BINDINGS if isinstance(b, Binding) and b.description]
    return [
        (binding.key_display or binding.key.replace("ctrl+", "^"), binding.description)
        for binding in found
    ]


def _table(
    title: str, rows: list[tuple[str, str]] | tuple[tuple[str, str], ...]
) -> Content:
    lines = [
        Content.assemble((f"  {key:<14}", "bold"), (says, "$quiet"))
        for key, says in rows
    ]
    return Content("\n").join(
        [Content.styled(title, "bold $accent"), *lines, Content("")]
    )
