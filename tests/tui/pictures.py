"""The states of the screens that are kept as pictures, for tests and the gallery."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from app.core.paths import Home
from app.ipc import control
from app.service.token_check import TOKEN_HINT
from app.tui.app import MynahApp
from app.tui.theme import ANSI, CONTRAST, CONTRAST_LIGHT, DARK, LIGHT, SAFE
from tests.tui.fake_bot import STATUS, FakeBot, busy_bot
from tests.tui.sample_home import NOW
from tests.tui.terminal import begun, settle

Drive = Callable[[Pilot[int], FakeBot], Awaitable[None]]


async def _stay(pilot: Pilot[int], bot: FakeBot) -> None:
    pass


def _press(*keys: str) -> Drive:
    async def drive(pilot: Pilot[int], bot: FakeBot) -> None:
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return drive


async def _talk(pilot: Pilot[int], bot: FakeBot) -> None:
    await pilot.press(*"what country is this?", "enter")
    await settle(pilot)
    await pilot.press("ctrl+e")


async def _log(pilot: Pilot[int], bot: FakeBot) -> None:
    for level, source, text in (
        ("info", "discord", "logged in as Mynah#4417, 2 servers"),
        ("info", "voice", "The Players: 24,310 messages, rebuilt in 0.4 s"),
        ("warning", "ladder", "openai skipped: the monthly budget is spent"),
        ("error", "runner", "ggml_assert failed\nin ggml_compute_forward"),
        ("info", "runner", "started again after 1 s"),
    ):
        bot.say(control.Log(level, source, text, NOW))
    await pilot.pause(0.1)


async def _work(pilot: Pilot[int], bot: FakeBot) -> None:
    export, read = "general.json", "41,000 messages"
    for progress in (
        control.Progress(
            "import", export, 4_100_000, 12_000_000, "bytes", 213e3, 3, note=read
        ),
        control.Progress("embed", "The Players", 620, 900, "messages", 310.0, job=4),
        control.Progress("train", "#tavern", 4000, 9000, "messages", 0, 5, paused=True),
        control.Progress("import", "old.json", 9, 9, "messages", 0, error="line 7"),
        control.Progress("import", "new.txt", 5, 5, "messages", 0, finished=True),
    ):
        bot.say(progress)
    await pilot.pause(0.1)


async def _pull(pilot: Pilot[int], bot: FakeBot) -> None:
    done, total = 900_000_000, 2_740_937_888
    bot.say(control.Progress("pull", "qwen3.5-4b", done, total, "bytes", 8.3e6))
    await pilot.pause(0.1)


async def _search(pilot: Pilot[int], bot: FakeBot) -> None:
    await pilot.press("s")
    await settle(pilot)
    await pilot.press(*"qwen", "enter")
    await settle(pilot)


async def _search_files(pilot: Pilot[int], bot: FakeBot) -> None:
    await _search(pilot, bot)
    await pilot.press("enter")
    await settle(pilot)


async def _crash(pilot: Pilot[int], bot: FakeBot) -> None:
    bot.enter("waiting", "exit code 70: MemoryError while rebuilding a voice", 4.0)
    await settle(pilot)


_TO_TAVERN = ("end", "up", "up", "right")
_NEXT = "right_square_bracket"


@dataclass(frozen=True)
class Picture:
    """One state of one screen."""

    name: str
    screen: str
    size: tuple[int, int] = (120, 36)
    drive: Drive = _stay
    theme: str = DARK.name
    bot: Callable[[], FakeBot] = busy_bot
    is_in_gallery: bool = True
    is_empty: bool = False
    """On a home in which nothing is stored yet."""


def _nobody() -> FakeBot:
    return FakeBot(guilds={"guilds": []})


def _modelless() -> FakeBot:
    model = {"name": "starter", "state": "absent"}
    discord = {"state": "refused", "reason": "Discord does not know this bot token.",
               "hint": TOKEN_HINT}  # fmt: skip
    trouble = {
        "detail": "Discord refused the command /Mark (invalid name).",
        "hint": "Change it with `mynah config set bot.command NAME`.",
    }
    told = {"model": model, "discord": discord, "troubles": [trouble]}
    return busy_bot(status={**STATUS, **told})


PICTURES = (
    Picture("home", "home"),
    Picture("home-small", "home", (80, 24), is_in_gallery=False),
    Picture("home-light", "home", theme=LIGHT.name),
    Picture("home-contrast", "home", (80, 24), theme=CONTRAST.name),
    Picture("home-contrast-light", "home", (80, 24), theme=CONTRAST_LIGHT.name),
    Picture("home-colour-blind", "home", (80, 24), theme=SAFE.name),
    Picture("home-wide", "home", (200, 60), is_in_gallery=False),
    Picture("home-16-colours", "home", (80, 24), theme=ANSI.name, is_in_gallery=False),
    Picture("home-crashed", "home", (80, 24), _crash, is_in_gallery=False),
    Picture("home-unwell", "home", (80, 24), bot=_modelless, is_in_gallery=False),
    Picture("first-steps", "home", (100, 32), bot=_nobody, is_empty=True),
    Picture("playground", "playground", drive=_talk),
    Picture("playground-small", "playground", (80, 24), _talk, is_in_gallery=False),
    Picture("conversations", "conversations", (160, 48), _press(*_TO_TAVERN)),
    Picture("conversations-draft", "conversations", (120, 36), _press("right")),
    Picture(
        "conversations-small",
        "conversations",
        (80, 24),
        _press(*_TO_TAVERN),
        is_in_gallery=False,
    ),
    Picture(
        "conversations-middling",
        "conversations",
        (100, 30),
        _press(*_TO_TAVERN),
        is_in_gallery=False,
    ),
    Picture("server-voice", "guild"),
    Picture("server-settings", "guild", drive=_press(_NEXT)),
    Picture("server-channels", "guild", (120, 24), _press(*[_NEXT] * 2)),
    Picture("server-learned", "guild", drive=_press(*[_NEXT] * 3)),
    Picture("server-words", "guild", (120, 24), _press(*[_NEXT] * 4)),
    Picture("server-data", "guild", (120, 24), _press(*[_NEXT] * 5)),
    Picture("server-meter", "guild", (120, 34), _press(*[_NEXT] * 6)),
    Picture("server-blind", "guild", (120, 28), _press(*[_NEXT] * 7, "n")),
    Picture("server-extra", "guild", (120, 24), _press(*[_NEXT] * 8)),
    Picture("server-small", "guild", (80, 24), is_in_gallery=False),
    Picture("learn", "learn", (120, 24), _work),
    Picture("learn-small", "learn", (80, 24), _work, is_in_gallery=False),
    Picture("models", "models", (120, 24), _pull),
    Picture("models-small", "models", (80, 24), _pull, is_in_gallery=False),
    Picture("models-search", "models", (120, 35), _search),
    Picture("models-search-small", "models", (80, 24), _search, is_in_gallery=False),
    Picture("models-hub", "models", (120, 35), _search_files),
    Picture("models-hub-small", "models", (80, 24), _search_files, is_in_gallery=False),
    Picture("usage", "usage", (120, 24)),
    Picture("usage-sent", "usage", (120, 24), _press(*[_NEXT] * 3)),
    Picture("usage-locks", "usage", (120, 24), _press("left_square_bracket")),
    Picture("settings", "settings"),
    Picture("settings-small", "settings", (80, 24), is_in_gallery=False),
    Picture("logs", "logs", (120, 24), _log),
    Picture("logs-small", "logs", (80, 24), _log, is_in_gallery=False),
    Picture("help", "help", (120, 48)),
    Picture("stop-question", "home", (80, 24), _press("s"), is_in_gallery=False),
)


def application(picture: Picture, filled: Home, empty: Path) -> MynahApp:
    """The application that shows the picture once `bring_up` has run."""
    home = Home(empty).create() if picture.is_empty else filled
    app = MynahApp(home, picture.bot(), clock=lambda: NOW)
    app.theme = picture.theme
    return app


async def bring_up(picture: Picture, pilot: Pilot[int]) -> None:
    """Go to the screen and do what leads to the state."""
    app = pilot.app
    assert isinstance(app, MynahApp)
    bot = app.link
    assert isinstance(bot, FakeBot)
    await begun(pilot, bot)
    app.action_go(picture.screen)
    await settle(pilot)
    await picture.drive(pilot, bot)
    await settle(pilot)
