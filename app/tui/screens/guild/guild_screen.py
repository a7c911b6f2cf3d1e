"""Server: one server's voice, settings, words and data."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from app.core.names import GuildId
from app.tui import format
from app.tui.base import MynahScreen
from app.tui.event_buffer import NewEvents
from app.tui.panes import PANES
from app.tui.panes.base import Pane
from app.tui.widgets.choice import Choice

if TYPE_CHECKING:
    from app.ipc.control import GuildFigures, Progress

LOCKED = "locked to this computer"


NO_SERVERS = (
    "Import messages on Learn (5), or try the sample server from the first steps "
    "(<w home.app.wizard> on Home)."
)


class GuildScreen(MynahScreen):
    """A header, and one section at a time."""

    NAME = "guild"
    CSS_PATH = "guild_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+g", "pick", "Server"),
        Binding("right_square_bracket", "section(1)", "Next section", key_display="]"),
        Binding("left_square_bracket", "section(-1)", "Previous section", show=False),
    ]

    def compose_body(self) -> ComposeResult:
        yield Static("", id="head", markup=False)
        with Horizontal(id="sections"):
            yield Choice(tuple(PANES), id="section")
        with ContentSwitcher(initial="voice", id="panes"):
            for name, pane in PANES.items():
                yield pane(id=name)
        yield Static("", id="none", classes="empty", markup=False)

    _shown: "GuildFigures | None" = None
    """The server that was shown last."""

    def on_mount(self) -> None:
        self._show_pane("voice")

    @property
    def guild(self) -> "GuildFigures | None":
        """The server that is shown."""
        first = self.app.guilds[0] if self.app.guilds else None
        return self.app.known_guilds.get(self.app.chosen_guild or GuildId(0), first)

    @property
    def pane(self) -> Pane:
        """The visible section."""
        switcher = self.query_one(ContentSwitcher)
        return self.query_one(f"#{switcher.current}", Pane)

    @property
    def main(self) -> Widget | None:
        return self.pane.main

    def status_changed(self) -> None:
        self._show_head()

    def refresh_data(self) -> None:
        if section := self.app.chosen_section:
            self.app.chosen_section = ""
            self.query_one("#section", Choice).choose(section)
        if self.app.link_state.is_up:
            self.fetch(self._load, lambda _: self._loaded())

    def hear(self, news: NewEvents) -> None:
        if news.forgets:
            self._show_facts()

    def _loaded(self) -> None:
        """Show the server again, or the one after it by name if it is gone."""
        shown = self._shown
        if shown and shown.row not in self.app.known_guilds:
            later = [one.row for one in self.app.guilds if one.guild > shown.guild]
            self.app.chosen_guild = next(iter(later), None)
        self._show_head()

    async def _load(self) -> bool:
        await self.app.load_guilds()
        return True

    def _show_head(self) -> None:
        guild = self.guild
        none = self.query_one("#none", Static)
        none.update(self.app.without_guilds(NO_SERVERS))
        none.display = not guild
        for id in ("head", "sections", "panes"):
            self.query_one(f"#{id}").display = bool(guild)
        if not guild:
            # What is hidden must not keep the keys.
            self.set_focus(None)
        self._shown = guild
        if guild:
            self._show_facts()
            self.pane.show_guild(guild)

    def _show_facts(self) -> None:
        if guild := self.guild:
            is_narrow = self.has_class("-narrow")
            line = head_line(guild, self.app.forgetting(guild), is_narrow=is_narrow)
            self.query_one("#head", Static).update(line)

    @on(Choice.Changed, "#section")
    def _chosen(self, event: Choice.Changed) -> None:
        self._show_pane(event.value)

    def _show_pane(self, name: str) -> None:
        self.clear_filter()
        self.query_one(ContentSwitcher).current = name
        if self.guild:
            self.pane.show_guild(self.guild)
            self.pane.take_focus()
        self.refresh_bindings()

    @property
    def section_in_front(self) -> str:
        return self.query_one("#section", Choice).value

    def show_section(self, name: str) -> None:
        """Show a section at once."""
        self.query_one("#section", Choice).value = name
        self._show_pane(name)

    def filter(self, words: str) -> None:
        self.pane.filter(words)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer sections and servers only where there is a server."""
        if action in ("section", "pick") and self.is_mounted:
            return self.guild is not None
        return super().check_action(action, parameters)

    def action_section(self, step: int) -> None:
        """Show the next section."""
        self.query_one("#section", Choice).action_step(step)

    def action_pick(self) -> None:
        """Choose another server."""

        def picked(guild: "GuildFigures") -> None:
            self.app.chosen_guild = guild.row
            self._show_head()

        if self.guild:
            self.app.pick_guild("Which server?", picked, at=self.guild.row)


def head_line(
    guild: "GuildFigures",
    forgetting: "Progress | None" = None,
    *,
    is_narrow: bool = False,
) -> Content:
    """Return the server's name with its most important facts.

    Args:
        forgetting: The work that forgets messages of it, if any.
    """
    messages = guild.messages
    facts = [f"{format.count(messages)} messages", format.maturity_words(messages)]
    if not is_narrow and guild.words is not None:
        facts.insert(1, f"{format.count(guild.words)} words")
    if guild.opted_out:
        facts.append(f"{guild.opted_out} opted out")
    if guild.disliked:
        facts.append(f"{guild.disliked} disliked weigh less")
    facts += ["shadow"] if guild.shadow else []
    facts += [f"held {guild.holder}"] if guild.holder else []
    facts += [] if guild.is_listed else ["not on your list"]
    facts += ["locked" if is_narrow else LOCKED] if guild.local_only else []
    work = ""
    if forgetting:
        step = forgetting.note or f"{format.done(forgetting):.0%}"
        work = f"   being forgotten: {step}"
        # What is counted here is not there any more.
        facts = []
    return Content.assemble(
        (guild.guild, "bold $accent"),
        (work, "bold $warning"),
        ("   " + " · ".join(facts) if facts else "", "$quiet"),
    )
