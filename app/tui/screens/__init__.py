"""Every screen, in the order of its key; its module is loaded when it is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.tui.base import MynahScreen


@dataclass(frozen=True)
class Entry:
    """One screen in the navigation."""

    name: str
    title: str
    key: str
    """Pressed outside of text fields; the function key of that number always works."""
    load: Callable[[], "MynahScreen"]
    short: str = ""
    """What the navigation of a narrow terminal says instead of the title."""


def _home() -> "MynahScreen":
    from app.tui.screens.home import HomeScreen

    return HomeScreen()


def _playground() -> "MynahScreen":
    from app.tui.screens.playground import PlaygroundScreen

    return PlaygroundScreen()


def _conversations() -> "MynahScreen":
    from app.tui.screens.conversations import ConversationsScreen

    return ConversationsScreen()


def _guild() -> "MynahScreen":
    from app.tui.screens.guild import GuildScreen

    return GuildScreen()


def _learn() -> "MynahScreen":
    from app.tui.screens.learn import LearnScreen

    return LearnScreen()


def _models() -> "MynahScreen":
    from app.tui.screens.models import ModelsScreen

    return ModelsScreen()


def _usage() -> "MynahScreen":
    from app.tui.screens.usage import UsageScreen

    return UsageScreen()


def _settings() -> "MynahScreen":
    from app.tui.screens.settings import SettingsScreen

    return SettingsScreen()


def _logs() -> "MynahScreen":
    from app.tui.screens.logs import LogsScreen

    return LogsScreen()


def _help() -> "MynahScreen":
    from app.tui.screens.help import HelpScreen

    return HelpScreen()


SCREENS = (
    Entry("home", "Home", "1", _home),
    Entry("playground", "Playground", "2", _playground, short="Play"),
    Entry("conversations", "Conversations", "3", _conversations, short="Chats"),
    Entry("guild", "Server", "4", _guild),
    Entry("learn", "Learn", "5", _learn),
    Entry("models", "Models", "6", _models),
    Entry("usage", "Usage", "7", _usage),
    Entry("settings", "Settings", "8", _settings, short="Setup"),
    Entry("logs", "Logs", "9", _logs),
    Entry("help", "Help", "0", _help),
)
