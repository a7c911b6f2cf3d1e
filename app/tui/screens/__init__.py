"""Every screen, in the order of its key; a screen's module is loaded on first use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.tui.base import MynahScreen


@dataclass(frozen=True)
class ScreenEntry:
    """One screen in the navigation."""

    name: str
    title: str
    key: str
    """A key for outside text fields; the same function key always works."""
    load: Callable[[], "MynahScreen"]


def _home() -> "MynahScreen":
    from app.tui.screens.home.home_screen import HomeScreen

    return HomeScreen()


def _playground() -> "MynahScreen":
    from app.tui.screens.playground.playground_screen import PlaygroundScreen

    return PlaygroundScreen()


def _conversations() -> "MynahScreen":
    from app.tui.screens.conversations.conversations_screen import ConversationsScreen

    return ConversationsScreen()


def _guild() -> "MynahScreen":
    from app.tui.screens.guild.guild_screen import GuildScreen

    return GuildScreen()


def _learn() -> "MynahScreen":
    from app.tui.screens.learn.learn_screen import LearnScreen

    return LearnScreen()


def _models() -> "MynahScreen":
    from app.tui.screens.models.models_screen import ModelsScreen

    return ModelsScreen()


def _usage() -> "MynahScreen":
    from app.tui.screens.usage.usage_screen import UsageScreen

    return UsageScreen()


def _settings() -> "MynahScreen":
    from app.tui.screens.settings.settings_screen import SettingsScreen

    return SettingsScreen()


def _logs() -> "MynahScreen":
    from app.tui.screens.logs.logs_screen import LogsScreen

    return LogsScreen()


def _help() -> "MynahScreen":
    from app.tui.screens.help.help_screen import HelpScreen

    return HelpScreen()


SCREENS = (
    ScreenEntry("home", "Home", "1", _home),
    ScreenEntry("playground", "Playground", "2", _playground),
    ScreenEntry("conversations", "Conversations", "3", _conversations),
    ScreenEntry("guild", "Server", "4", _guild),
    ScreenEntry("learn", "Learn", "5", _learn),
    ScreenEntry("models", "Models", "6", _models),
    ScreenEntry("usage", "Usage", "7", _usage),
    ScreenEntry("settings", "Settings", "8", _settings),
    ScreenEntry("logs", "Logs", "9", _logs),
    ScreenEntry("help", "Help", "0", _help),
)
