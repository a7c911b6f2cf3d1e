"""The palette finds everything by the words that a person would type."""

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot

from app.core.errors import AppError
from app.core.guides import all_guides
from app.ipc import control
from app.settings import setting_keys
from app.tui.app import MynahApp
from app.tui.base import MynahScreen
from app.tui.palette import Entry, entries
from app.tui.palette_words import SECTIONS, SETTING_WORDS, SYNONYMS
from app.tui.panes import PANES
from app.tui.screens import SCREENS
from app.tui.widgets.dialogs import AskText
from app.tui.widgets.feed import Feed
from tests.tui.fake_bot import busy_bot
from tests.tui.terminal import Open, settle, text_of

WANTED = {
    "import": "Import",
    "token": "Bot token",
    "api key": "API key",
    "download": "Fetch",
    "backup": "Back up",
    "export": "Export",
    "forget": "Forget all",
    "persona": "Persona",
    "budget": "Budget",
    "invite": "Invite",
    "theme": "Theme",
    "search": "Filter",
    "delete member": "Forget person",
    "quit": "Quit",
    "check health": "Check-up",
    "undo raid": "Roll back",
    "rollback": "Roll back",
    "xray": "X-ray",
    "retry": "Again",
    "clear": "New talk",
    "how often": "Setting speak.join_in",
    "name of the bot": "Setting bot.name",
    "admin": "Setting bot.owners",
    "dm": "Setting bot.direct_messages",
    "bad words": "Setting speak.never_say",
    "rate limit": "Setting speak.user_cooldown_seconds",
    "creativity": "Setting model.temperature",
    "short replies": "Setting reply.max_words",
    "typing": "Setting reply.stream",
    "reactions": "Setting speak.react",
    "unload": "Setting model.idle_minutes",
    "switch server": "Server",
    "blind test": "Go to Server, blind",
    "phrases": "Go to Server, words",
    "why": "Sources",
    "systemd": "Guide: Run it all day",
}


async def lines_of(pilot: Pilot[int]) -> list[Entry]:
    assert isinstance(pilot.app, MynahApp)
    return [entry async for entry in entries(pilot.app)]


def found(lines: list[Entry], words: str) -> list[str]:
    scored = [(line.score(words.lower().split()), line) for line in lines]
    best = sorted((one for one in scored if one[0]), key=lambda one: -one[0])
    return [line.title for _, line in best]


async def test_the_words_that_people_type_find_what_they_mean(open_app: Open):
    async with open_app() as pilot:
        lines = await lines_of(pilot)
        for words, title in WANTED.items():
            assert title in found(lines, words)[:8], words
        assert not found(lines, "zebra")
        # The name of an action comes first, written in one word as well.
        assert found(lines, "backup")[0] == "Back up"


async def test_every_action_setting_server_channel_model_and_guide_is_in_it(
    open_app: Open,
):
    async with open_app() as pilot:
        assert isinstance(pilot.app, MynahApp)
        titles = {line.title for line in await lines_of(pilot)}
        owners = [type(entry.load()) for entry in SCREENS]
        for owner in [*owners, *PANES.values()]:
            shown = [b for b in owner.BINDINGS if isinstance(b, Binding) and b.show]
            assert {binding.description for binding in shown} <= titles
        assert {f"Setting {name}" for name in setting_keys.keys()} <= titles
        assert {f"Server {guild.guild}" for guild in pilot.app.guilds} <= titles
        assert {f"Guide: {guide.title}" for guide in all_guides()} <= titles
        assert {f"Go to {entry.title}" for entry in SCREENS} <= titles
        assert any(title.startswith("Model ") for title in titles)
        assert any(title.startswith("#") for title in titles)


async def test_without_the_bot_and_the_database_the_rest_is_still_found(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
):
    away = AppError("The bot is not running.")

    async def damaged(*_: object) -> list[object]:
        raise AppError("The database is damaged.")

    async with open_app(bot=busy_bot(models=away)) as pilot:
        assert isinstance(pilot.app, MynahApp)
        monkeypatch.setattr(pilot.app.shelf, "channels", damaged)
        titles = {line.title for line in await lines_of(pilot)}
        assert {"Import", "Back up", "Go to Help"} <= titles


async def test_every_synonym_belongs_to_a_screen_or_an_action(open_app: Open):
    async with open_app() as pilot:
        known = {entry.name for entry in SCREENS}
        for entry in SCREENS:
            owners: dict[str, type[DOMNode]] = {entry.name: type(entry.load())}
            if entry.name == "guild":
                owners |= {f"guild.{name}": pane for name, pane in PANES.items()}
            for place, owner in owners.items():
                bindings = [b for b in owner.BINDINGS if isinstance(b, Binding)]
                known |= {f"{place}.{binding.action}" for binding in bindings}
        assert not SYNONYMS.keys() - known
        assert SECTIONS.keys() == PANES.keys()
        assert not SETTING_WORDS.keys() - setting_keys.keys().keys()
        assert pilot.app.is_running


async def choose(pilot: Pilot[int], words: str) -> None:
    await pilot.press("ctrl+p")
    await settle(pilot)
    await pilot.press(*words)
    await pilot.pause(0.3)
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot)


async def test_an_action_of_another_screen_is_done_there(open_app: Open):
    bot = busy_bot()
    async with open_app("logs", bot) as pilot:
        await choose(pilot, "benchmark speed")
        assert bot.requests(control.ModelTest) == [control.ModelTest("starter")]
        assert pilot.app.current_mode == "models"


async def test_an_action_of_a_section_opens_the_section(open_app: Open):
    async with open_app("logs") as pilot:
        await choose(pilot, "forget all")
        assert isinstance(pilot.app.screen, AskText)
        assert "Forget all of The Players?" in text_of(pilot)


async def test_a_section_of_server_is_opened(open_app: Open):
    async with open_app("home") as pilot:
        await choose(pilot, "blind test")
        assert pilot.app.current_mode == "guild"
        assert "Press n for two replies" in text_of(pilot)


async def test_a_setting_is_shown_under_the_cursor(open_app: Open):
    async with open_app("home") as pilot:
        await choose(pilot, "quiet hours")
        assert pilot.app.current_mode == "settings"
        item = pilot.app.screen.query_one("#list", Feed).item
        assert item is not None and item.key.name == "speak.quiet_hours"


async def test_an_action_that_does_not_fit_says_so(open_app: Open):
    async with open_app("home") as pilot:
        await choose(pilot, "approve")
        assert not isinstance(pilot.app.screen, AskText)
        assert pilot.app.current_mode == "conversations"


@pytest.mark.parametrize("key", ["c", "ctrl+c"])
async def test_the_invite_link_is_copied_whole(open_app: Open, key: str):
    link = "https://discord.com/oauth2/authorize?client_id=1&permissions=274878024704"
    reply = control.SecretTestReply(True, "", invite=link)
    async with open_app("guild", busy_bot(secret_test=reply)) as pilot:
        await pilot.press(*["right_square_bracket"] * 2, "i")
        await settle(pilot)
        await pilot.press(key)
        assert pilot.app.clipboard == link


async def test_a_link_of_chat_text_is_not_opened_by_a_key(open_app: Open):
    opened: list[str] = []
    async with open_app("home") as pilot:
        assert isinstance(pilot.app, MynahApp)
        pilot.app.open_url = lambda url, *, new_tab=True: opened.append(url)  # type: ignore[method-assign]
        asker = pilot.app.screen
        assert isinstance(asker, MynahScreen)
        for text in ("https://evil.example/", "https://discord.com/x and more"):
            pilot.app.show_result(asker, "Said", text)
            await settle(pilot)
            await pilot.press("o", "escape")
            await settle(pilot)
        assert not opened
        pilot.app.show_result(asker, "Link", "https://discord.com/x")
        await settle(pilot)
        await pilot.press("o")
        assert opened == ["https://discord.com/x"]


async def test_the_line_under_the_cursor_is_copied(open_app: Open):
    async with open_app("models") as pilot:
        await pilot.press("ctrl+c")
        assert "starter in use" in pilot.app.clipboard
