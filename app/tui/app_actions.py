"""The actions of the application's own keys, and of the palette."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.widgets import Input

from app.core.errors import AppError
from app.core.files import write_text
from app.core.names import GuildId
from app.tui import key_map
from app.tui.base import MynahScreen
from app.tui.changes import Change
from app.tui.key_map import would_change
from app.tui.listed_guilds import ListingApp
from app.tui.screens import SCREENS
from app.tui.theme import THEMES, TITLES
from app.tui.widgets.tour import next_stop

if TYPE_CHECKING:
    from textual.actions import ActionParseResult

    from app.ipc.control import GuildFigures

NAVIGATION = [
    *(Binding(e.key, f"go('{e.name}')", e.title, show=False) for e in SCREENS),
    *(
        Binding(f"f{n}", f"go('{e.name}')", e.title, show=False, priority=True)
        for n, e in enumerate(SCREENS, 1)
    ),
]


class ActingApp(ListingApp):
    """Goes to screens, takes back, changes colors, and leads through the first run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *NAVIGATION,
        *key_map.named(
            "app",
            [
                Binding(
                    "question_mark", "help_here", "Keys of this screen", show=False
                ),
                Binding(
                    "ctrl+t", "next_theme", "Next colors", show=False, priority=True
                ),
                Binding("ctrl+z", "undo", "Undo"),
                Binding("f12", "end_tour", "End the tour", show=False, priority=True),
                Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
            ],
        ),
    ]

    chosen_guild: GuildId | None = None
    """Row of the guild on the Server screen."""
    talk_with: GuildId | None = None
    """Row of the guild that the Playground turns to when it opens next."""
    helped: tuple[str, str] | None = None
    """The screen, and its section, that Help was asked about."""
    chosen_section = ""
    """Section that Server opens when it comes to the front."""
    notices = "off"
    """The way in which the owner wants to be told what waits."""
    tour_stop: reactive[int | None] = reactive(None)
    """The number of the stop that the tour is at; None without a tour."""

    def action_go(self, name: str) -> None:
        """Show a screen of the navigation."""
        if len(self.screen_stack) == 1 and name != self.current_mode:
            self.switch_mode(name)

    def action_help_here(self) -> None:
        """Show the keys of this screen on Help."""
        screen = self._front()
        if isinstance(screen, MynahScreen) and screen.NAME != "help":
            self.helped = screen.NAME, screen.section_in_front
        self.action_go("help")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the way back outside text fields, while there is one."""
        if action == "undo":
            return bool(self.changes) and not isinstance(self.focused, Input)
        return action != "end_tour" or self.tour_stop is not None

    def note_change(self, change: Change) -> None:
        """Keep the way back from what was just done."""
        self.changes.append(change)
        self.screen.refresh_bindings()

    def action_undo(self) -> None:
        """Take back the last change that can be taken back."""
        change = self.changes.pop()
        change.take_back(partial(self.tell, change.says))
        self.screen.refresh_bindings()

    def action_next_theme(self) -> None:
        """Change to the next theme, and keep it for the next time."""
        names = [theme.name for theme in THEMES]
        self.action_theme_of(names[(names.index(self.theme) + 1) % len(names)])

    def action_theme_of(self, name: str) -> None:
        """Change to a theme, and keep it for the next time."""
        self.theme = name
        self.tell(f"Colors: {TITLES[name]}.")
        if self.is_watching:
            return
        with suppress(OSError):
            write_text(self.home.theme_file, name)

    def action_wizard(self) -> None:
        """Open the first-run wizard."""
        from app.tui.screens.wizard.wizard_screen import WizardScreen

        if not any(isinstance(shown, WizardScreen) for shown in self.screen_stack):
            self.push_screen(WizardScreen(), lambda _: self._tour_once())

    def _tour_once(self) -> None:
        """Begin the tour after the first first steps."""
        if self.is_watching or self.home.tour_marker.exists():
            return
        with suppress(OSError):
            write_text(self.home.tour_marker, "")
        self.action_tour()

    def action_tour(self) -> None:
        """Begin the tour of the five keys that lead to all others."""
        self.tour_stop = 0

    def action_end_tour(self) -> None:
        """End the tour, wherever it is."""
        self.tour_stop = None

    def show_guild(self, guild: "GuildFigures") -> None:
        """Go to the screen of a server."""
        self.know_guild(guild)
        self.chosen_guild = guild.row
        self.action_go("guild")

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action; screens that only watch refuse those that do more."""
        if would_change(action, default_namespace) and self.refuses():
            return True
        is_done = await super().run_action(action, default_namespace, namespaces)
        if is_done and self.tour_stop is not None and isinstance(action, str):
            self.tour_stop = next_stop(self.tour_stop, action)
        return is_done

    async def load_own_settings(self) -> None:
        """Fetch the settings of the screens.

        Raises:
            AppError: If the bot does not answer.
        """
        from app.ipc import control

        shown = (await self.link.call(control.ConfigGet("screens"))).settings
        values = {one.key: one.value for one in shown}

        def value(name: str) -> object:
            return values.get(f"screens.{name}")

        self.notices = str(value("notices"))
        self._use_keys(value("keys"), is_vi=value("vim") is True)

    def _use_keys(self, wishes: object, *, is_vi: bool) -> None:
        """Take the owner's keys in place of the usual ones."""
        wanted = [str(wish) for wish in wishes] if isinstance(wishes, list) else []
        if not (wanted or is_vi or self.own_keys):
            return
        self.own_keys, refused = key_map.key_map(wanted, is_vi=is_vi)
        self.set_keymap(self.own_keys)
        if isinstance(screen := self._front(), MynahScreen):
            screen.show_now()
        for sentence in refused:
            self.warn(AppError(sentence, "Choose another key on Settings (8)."))
