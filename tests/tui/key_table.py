"""The table of actions: key, name, words of the palette and command."""

from collections.abc import Iterator, Mapping

from textual.binding import Binding
from textual.dom import DOMNode

from app.tui.app import MynahApp
from app.tui.base import MynahScreen
from app.tui.key_map import displayed
from app.tui.palette_words import SYNONYMS
from app.tui.panes import PANES
from app.tui.screens import SCREENS
from app.tui.screens.help.help_screen import everywhere, says
from app.tui.widgets.feed import Feed

COMMANDS: Mapping[str, str] = {
    "home.start_or_stop": "serve",
    "home.app.wizard": "demo",
    "conversations.forget": "forget --message",
    "guild.settings.reset": "config set KEY --guild",
    "guild.voice.persona": "persona",
    "guild.voice.samples": "say --guild",
    "guild.channels.speak": "quiet",
    "guild.channels.invite": "invite",
    "guild.extras.switch": "config set KEY --guild",
    "guild.data.take": "snapshot take",
    "guild.data.restore": "snapshot rollback",
    "guild.data.export": "export",
    "guild.data.forget_author": "forget --author",
    "guild.data.forget_all": "forget --everything",
    "guild.meter.anew": "meter",
    "learn.import": "import",
    "learn.browse": "import",
    "models.pull": "models pull",
    "models.search": "models search WORDS",
    "models.use": "models use",
    "models.load": "models load",
    "models.own": "models use FILE",
    "models.remove": "models remove",
    "models.measure": "bench",
    "models.hosts": "hosts",
    "models.test_cloud": "hosts test",
    "models.key": "config set openai_key",
    "models.tune": "config set",
    "playground.again": "say",
    "playground.go_back": "say --before",
    "playground.sources": "say --explain",
    "playground.xray": "say --explain",
    "settings.secret('bot_token')": "config set bot_token",
    "settings.secret('openai_key')": "config set openai_key",
    "settings.secret('server_key')": "config set server_key",
    "settings.reset": "config set",
    "settings.backup": "backup",
    "settings.doctor": "doctor",
    "usage.budget": "config set openai.monthly_budget",
    "usage.withdraw": "config withdraw",
}
"""What an action of a screen is on the command line, after `mynah`."""

HEAD = "| key | does | action | palette words | command |\n|---|---|---|---|---|\n"


def list_of_keys() -> str:
    """Every action of every screen, as Markdown."""
    rows = "".join(f"| `{key}` | {what} |\n" for key, what in everywhere())
    return "\n".join(
        [
            "# Keys",
            "",
            "`screens.keys` gives an action another key, by its name: `models.use=d`.",
            "The palette (`^p`) finds each by its words here and by what it does.",
            "",
            f"## Everywhere\n\n| key | does |\n|---|---|\n{rows}",
            *(f"## {title}\n\n{HEAD}{table}" for title, table in _tables()),
        ]
    )


def owners() -> Iterator[tuple[str, str, type[DOMNode]]]:
    """Everything that has keys of its own: its title, its place and its class."""
    yield "The program", "app", MynahApp
    yield "Every screen", "screen", MynahScreen
    yield "Every list", "list", Feed
    for entry in SCREENS:
        title = f"{entry.key} {entry.title}"
        yield title, entry.name, type(entry.load())
        for name, pane in PANES.items() if entry.name == "guild" else ():
            yield f"{title}, {name}", f"{entry.name}.{name}", pane


def _tables() -> Iterator[tuple[str, str]]:
    for title, place, owner in owners():
        rows = "".join(_row(place, owner, one) for one in bindings(owner))
        if rows:
            yield title, rows


def bindings(owner: type[DOMNode]) -> list[Binding]:
    """The keys of a class that have names."""
    return [one for one in owner.BINDINGS if isinstance(one, Binding) and one.id]


def _row(place: str, owner: type[DOMNode], one: Binding) -> str:
    words = SYNONYMS.get(f"{place}.{one.action}", "") if one.show else ""
    command = COMMANDS.get(one.id or "", "")
    cells = [
        f"`{one.key_display or displayed(one.key)}`",
        one.description if owner is MynahApp else says(owner, one),
        f"`{one.id}`",
        words,
        f"`mynah {command}`" if command else "",
    ]
    return f"| {' | '.join(cells)} |\n"
