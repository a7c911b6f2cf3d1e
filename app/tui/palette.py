"""The palette: every action, setting, server, channel, model and guide by its words."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode
from textual.worker import WorkerError

from app.core.errors import AppError
from app.core.guides import all_guides
from app.core.names import GuildId
from app.core.safe_text import safe_line
from app.ipc import control
from app.settings import setting_keys
from app.tui import key_map
from app.tui.app import MynahApp
from app.tui.palette_words import FILLERS, SECTIONS, SETTING_WORDS, SYNONYMS
from app.tui.screens import SCREENS
from app.tui.screens.guild.guild_screen import GuildScreen
from app.tui.screens.help.help_screen import says
from app.tui.theme import TITLES
from app.tui.widgets.feed import Feed

WORD = re.compile(r"\w+")

FOUND = 10
"""The most servers that are found besides the first ones by name."""

LEAST_PART = 4
"""Letters that find a title by a part of it, such as rollback for Roll back."""


@dataclass(frozen=True)
class Entry:
    """One line of the palette."""

    title: str
    says: str
    """The effect, in one line."""
    words: str
    """More words that find it."""
    run: Callable[[], Awaitable[object] | object]
    is_reading: bool = False
    """True if it only explains; an action that fits as well comes first."""
    about: frozenset[str] = frozenset()
    """Every word of what it opens, which finds it where nothing closer does."""

    def score(self, wanted: list[str]) -> float:
        """Rate how well the words fit; 0.0 unless each begins a word of this line."""
        total = 0.0
        wanted = [word for word in wanted if word not in FILLERS] or wanted
        squashed = "".join(WORD.findall(self.title.lower()))
        for word in wanted:
            places = ((3.0, self.title), (2.0, self.words), (1.0, self.says))
            found = [weight for weight, text in places if _begins(word, text)]
            if not found and len(word) >= LEAST_PART and word in squashed:
                found = [1.5]
            if not found and any(one.startswith(word) for one in self.about):
                found = [0.1]
            if not found:
                return 0.0
            total += found[0]
        is_named = squashed.startswith("".join(wanted))
        return (total / len(wanted) + is_named) / (1 + self.is_reading)


def _begins(word: str, text: str) -> bool:
    return any(one.startswith(word) for one in WORD.findall(text.lower()))


class PaletteProvider(Provider):
    """Finds lines by the words that a person would type."""

    async def startup(self) -> None:
        assert isinstance(self.app, MynahApp)
        self._entries = [entry async for entry in entries(self.app)]

    async def discover(self) -> Hits:
        for entry in self._entries[: len(SCREENS)]:
            yield DiscoveryHit(entry.title, entry.run, help=entry.says)

    async def search(self, query: str) -> Hits:
        wanted = WORD.findall(query.lower())
        for entry in self._entries:
            score = entry.score(wanted) if wanted else 0.0
            if score:
                yield Hit(score, entry.title, entry.run, help=entry.says)
        for entry in await self._others(query.strip()):
            yield Hit(1.0, entry.title, entry.run, help=entry.says)

    async def _others(self, words: str) -> list[Entry]:
        """Return servers with these words in their names that are on no page."""
        app = self.app
        if not (isinstance(app, MynahApp) and app.has_more_guilds and words):
            return []
        with suppress(AppError):
            found = (await app.link.call(control.Guilds(words, limit=FOUND))).guilds
            return [*_servers(app, [one for one in found if one not in app.guilds])]
        return []


async def entries(app: MynahApp) -> AsyncIterator[Entry]:
    """Return every line of the palette."""
    for entry in [*_screens(app), *_actions(app), *_own(app), *_settings(app)]:
        yield entry
    for entry in [*_guides(app), *_servers(app, app.guilds)]:
        yield entry
    for ask in (_channels, _models):
        # Without the bot or the database, everything else is still found.
        with suppress(AppError):
            for entry in await ask(app):
                yield entry


def _screens(app: MynahApp) -> Iterator[Entry]:
    for entry in SCREENS:
        run = partial(app.action_go, entry.name)
        words = SYNONYMS.get(entry.name, "")
        yield Entry(f"Go to {entry.title}", f"Key {entry.key}", words, run)


def _actions(app: MynahApp) -> Iterator[Entry]:
    """Every described key of every screen and section."""
    from app.tui.panes import PANES

    for entry in SCREENS:
        screen = type(entry.load())
        yield from _keys(app, screen, entry.name, entry.title)
        if entry.name == "guild":
            for name, pane in PANES.items():
                where = f"{entry.title}, {name}"
                run = partial(_show_section, app, name)
                says = f"Open the section {name} ({entry.title}: ])"
                yield Entry(f"Go to {where}", says, SECTIONS[name], run)
                yield from _keys(app, pane, f"{entry.name}.{name}", where)


def _keys(
    app: MynahApp, owner: type[DOMNode], place: str, where: str
) -> Iterator[Entry]:
    for binding in owner.BINDINGS:
        if not isinstance(binding, Binding) or not binding.show:
            continue
        if app.is_watching and not key_map.only_reads(binding.action):
            continue
        words = SYNONYMS.get(f"{place}.{binding.action}", "")
        own = replace(binding, key=key_map.shown(binding, app.own_keys))
        key = app.get_key_display(own)
        run = partial(_act, app, place, binding)
        said = f"{says(owner, binding)} ({where}: {key}, {binding.id})"
        yield Entry(binding.description, said, f"{words} {where}", run)


def _own(app: MynahApp) -> Iterator[Entry]:
    steps = "setup wizard begin tutorial sample"
    if not app.is_watching:
        yield Entry("First steps", "Open the checklist", steps, app.action_wizard)
    colors = "theme dark light colors colours contrast appearance accessibility"
    yield Entry(
        "Theme",
        app.with_keys("Change the colors (<^t app.next_theme>)"),
        colors,
        app.action_next_theme,
    )
    said = "receipt answer message notice news check-up test again"
    show = app.action_last_result
    yield Entry("Last result", "Show it in full", said, show)
    said = "take back revert mistake setting rejected rollback"
    yield Entry(
        "Undo",
        app.with_keys("Take back the last change (<^z app.undo>)"),
        said,
        partial(_undo, app),
    )
    for name, title in TITLES.items():
        run = partial(app.action_theme_of, name)
        yield Entry(f"Colors: {title}", "Choose this theme", colors, run)
    look = partial(app.run_action, "filter", app.screen_stack[0])
    yield Entry(
        "Filter",
        app.with_keys("Find words on this screen (</ screen.filter>)"),
        "search find",
        look,
    )
    yield Entry(
        "Quit",
        app.with_keys("Close these screens (<^q app.quit>)"),
        "exit leave close",
        app.exit,
    )


def _settings(app: MynahApp) -> Iterator[Entry]:
    for name, key in setting_keys.keys().items():
        words = f"setting set change {name.replace('.', ' ').replace('_', ' ')}"
        words = f"{words} {SETTING_WORDS.get(name, '')}"
        run = partial(_at, app, "settings", "#list", name)
        yield Entry(f"Setting {name}", key.doc, words, run)


def _guides(app: MynahApp) -> Iterator[Entry]:
    for guide in all_guides():
        run = partial(_at, app, "help", "#topics", guide.title)
        title = f"Guide: {guide.title}"
        about = frozenset(WORD.findall(guide.text.lower()))
        yield Entry(title, "Read it on Help", "help manual", run, True, about)


def _servers(app: MynahApp, guilds: Sequence[control.GuildFigures]) -> Iterator[Entry]:
    for guild in guilds:
        run = partial(app.show_guild, guild)
        title = f"Server {safe_line(guild.guild)}"
        yield Entry(title, "Show it on Server", "guild discord", run)


async def _channels(app: MynahApp) -> list[Entry]:
    found, known = [], app.known_guilds
    for channel in await app.shelf.channels(list(known)):
        guild = known[channel.guild]
        title = f"#{safe_line(channel.name)} of {safe_line(guild.guild)}"
        run = partial(_show_channel, app, guild.row, channel.channel)
        says = "Show this channel in Conversations"
        found.append(Entry(title, says, "channel", run))
    return found


async def _models(app: MynahApp) -> list[Entry]:
    found = []
    for model in (await app.link.call(control.Models())).models:
        run = partial(_at, app, "models", "#catalogue", model.name)
        title = f"Model {safe_line(model.name)}"
        found.append(Entry(title, "Show it on Models", "llm gguf", run))
    return found


# What the lines do.


async def _show(app: MynahApp, screen: str) -> None:
    if screen != app.current_mode:
        await app.switch_mode(screen)
    # An action needs the lines that the screen is asking for.
    asking = [worker for worker in app.workers if worker.node is app.screen]
    with suppress(WorkerError):
        await app.workers.wait_for_complete(asking)


async def _undo(app: MynahApp) -> None:
    if not await app.run_action("undo"):
        app.tell("There is nothing to take back.")


async def _show_section(app: MynahApp, name: str) -> None:
    await _show(app, "guild")
    if isinstance(app.screen, GuildScreen):
        app.screen.show_section(name)


async def _act(app: MynahApp, place: str, binding: Binding) -> None:
    """Do what a key of a screen or section does, and go there first."""
    screen_name, _, section = place.partition(".")
    await _show(app, screen_name)
    screen = app.screen
    owner: DOMNode = screen
    if section and isinstance(screen, GuildScreen):
        screen.show_section(section)
        owner = screen.pane

    async def act() -> None:
        if not await app.run_action(binding.action, owner):
            app.tell(f"“{binding.description}” does not fit the chosen line here.")

    # What was asked for waits in the screen's queue.
    screen.call_later(act)


async def _at(app: MynahApp, screen: str, feed: str, key: str) -> None:
    """Go to an item of a list."""
    await _show(app, screen)
    app.screen.query_one(feed, Feed).go_to(key)


async def _show_channel(app: MynahApp, guild: GuildId, channel: int) -> None:
    await _show(app, "conversations")
    app.screen.query_one("#places", Feed).go_to((guild, channel, False, None))
