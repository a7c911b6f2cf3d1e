"""A server's settings, each with the origin of its value."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from app.ipc import control
from app.tui import settings_list
from app.tui.panes.base import Pane
from app.tui.widgets.feed import Feed


class SettingsPane(Pane):
    """A list of settings; enter changes one, and u drops the server's own value."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("u", "reset", "Drop own value")]

    def compose(self) -> ComposeResult:
        yield settings_list.feed("settings-list")
        yield Static("", id="doc", markup=False)

    def reload(self) -> None:
        self.mynah.request(control.ConfigGet(guild=self.guild.key), self._take)

    def _take(self, reply: control.ConfigGetReply) -> None:
        feed = self.query_one(Feed)
        feed.show(settings_list.items(reply, ("guild", "channel")))

    @on(Feed.Moved)
    def _explain(self, event: Feed.Moved) -> None:
        how = self.mynah.app.advice(settings_list.CHANGES)
        explained = settings_list.explained(event.item, how)
        self.query_one("#doc", Static).update(explained)

    @on(Feed.Chosen)
    def _change(self, event: Feed.Chosen) -> None:
        settings_list.change(self.mynah, event.item, self.reload, self.guild.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to drop what the server has of its own."""
        if action == "reset" and self.is_mounted:
            item: settings_list.Item | None = self.query_one(Feed).item
            return item is not None and item.origin == "guild"
        return super().check_action(action, parameters)

    def action_reset(self) -> None:
        """Drop this server's own value."""
        if item := self.query_one(Feed).item:
            settings_list.reset(self.mynah, item, self.reload, self.guild.key)
