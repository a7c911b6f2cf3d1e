"""The common part of all sections of the Server screen."""

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.widget import Widget

from app.tui.base import MynahScreen
from app.tui.key_map import named
from app.tui.widgets.feed import Feed

if TYPE_CHECKING:
    from app.ipc.control import GuildFigures


class Pane(Vertical):
    """One section; `show_guild` runs whenever it or its server comes up."""

    ON_A_LINE: ClassVar[frozenset[str]] = frozenset()
    """The actions that need a line under the cursor."""

    def __init_subclass__(cls, **options: bool) -> None:
        if "BINDINGS" in cls.__dict__:
            section = cls.__module__.rpartition(".")[2]
            cls.BINDINGS = named(f"guild.{section}", cls.BINDINGS)
        super().__init_subclass__(**options)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._guild: GuildFigures | None = None

    @property
    def guild(self) -> "GuildFigures":
        """The server that is shown; a section is shown only with one."""
        assert self._guild is not None
        return self._guild

    @property
    def mynah(self) -> MynahScreen:
        """The screen of this section."""
        screen = self.screen
        assert isinstance(screen, MynahScreen)
        return screen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is done with a line where there is one."""
        if action in self.ON_A_LINE and self.is_mounted:
            return self.query_one(Feed).item is not None
        return super().check_action(action, parameters)

    def show_guild(self, guild: "GuildFigures") -> None:
        """Show a server, or refresh the present one."""
        self._guild = guild
        self.reload()

    def reload(self) -> None:
        """Read the content of this section."""

    def filter(self, words: str) -> None:
        """Show only lines with these words."""
        for feed in self.query(Feed):
            feed.filter(words)

    @property
    def main(self) -> Widget | None:
        """The part that people most likely want."""
        return next((child for child in self.query("*") if child.focusable), None)

    def take_focus(self) -> None:
        """Focus the main part."""
        if self.main:
            self.main.focus()
