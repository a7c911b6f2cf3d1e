"""The questions of an import lose nothing, and choose no server unasked."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import DirectoryTree, Input

from app.core.errors import AppError
from app.ipc import control
from app.tui.app import MynahApp
from app.tui.widgets.dialogs import AskText
from app.tui.widgets.files import PickFile
from tests.tui.fake_bot import busy_bot
from tests.tui.terminal import Open, settle, text_of


async def test_a_wrong_path_is_said_at_once_and_stays_there_to_be_changed(
    open_app: Open,
):
    missing = AppError("There is no file /tmp/exprot.json.", "Check its name.")
    bot = busy_bot(import_preview=missing)
    async with open_app("learn", bot) as pilot:
        await pilot.press("i")
        await settle(pilot)
        await pilot.press(*"/tmp/exprot.json", "enter")
        await settle(pilot)
        dialog = pilot.app.screen
        assert isinstance(dialog, AskText)
        assert dialog.query_one(Input).value == "/tmp/exprot.json"
        assert "There is no file /tmp/exprot.json." in text_of(pilot)


async def test_enter_alone_mixes_no_nameless_file_into_a_server(open_app: Open):
    bot = busy_bot(import_preview={"servers": [{"files": 1, "messages": 9}]})
    async with open_app("learn", bot) as pilot:
        await pilot.press("i")
        await settle(pilot)
        await pilot.press(*"/some/file.txt", "enter")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert bot.requests(control.Import) == []
        assert "What is the server's name?" in text_of(pilot)


async def test_enter_takes_the_server_that_the_file_names(open_app: Open):
    named = {"files": 1, "messages": 9, "name": "rust & rye"}
    bot = busy_bot(import_preview={"servers": [named]})
    async with open_app("learn", bot) as pilot:
        assert isinstance(pilot.app, MynahApp)
        keys = {guild.guild: guild.key for guild in pilot.app.guilds}
        await pilot.press("i")
        await settle(pilot)
        await pilot.press(*"/some/file.txt", "enter")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        (asked,) = bot.requests(control.Import)
        assert asked.guild == keys["Rust & Rye"]


async def test_browsing_leaves_the_home_folder(open_app: Open, tmp_path: Path):
    (tmp_path / "above.json").touch()
    inner = tmp_path / "home" / "me"
    inner.mkdir(parents=True)
    chosen: list[str | None] = []
    async with open_app("learn") as pilot:
        pilot.app.push_screen(PickFile("Which file?", inner), chosen.append)
        # The tree reads folders in a worker without end, so nothing settles.
        await shows(pilot, str(inner)[-12:])
        await pilot.press("backspace", "backspace")
        await shows(pilot, "above.json")
        tree = pilot.app.screen.query_one(DirectoryTree)
        assert Path(tree.path) == tmp_path
        await pilot.press("end", "enter")
        while not chosen:
            await pilot.pause(0.02)
        assert chosen == [str(tmp_path / "above.json")]


async def shows(pilot: Pilot[int], words: str) -> None:
    """Wait until the words stand on the screen."""
    while words not in text_of(pilot):
        await pilot.pause(0.02)
