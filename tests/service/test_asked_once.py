"""Screens that are visited again and again cost the bot little."""

from pathlib import Path

import pytest

from app.core.errors import AppError
from app.core.paths import Home
from app.ipc import control
from app.modelfiles import elsewhere
from app.modelfiles.elsewhere import Found
from app.service.service import open_service
from tests.service.test_idle_settings import Nobody
from tests.tui.fake_bot import settings


@pytest.mark.parametrize(("key", "is_one"), [("screens", False), ("screens.vim", True)])
async def test_a_section_of_settings_is_one_question(
    home: Home, key: str, is_one: bool
):
    request = control.ConfigGet(key)
    async with open_service(home) as service:
        shown = (await service.call(Nobody(), request)).settings
    names = [one.key for one in shown]
    assert (names == [key]) is is_one and all(name.startswith(key) for name in names)
    # The stand-in of the screens' tests knows what the bot knows.
    rows = settings(request)["settings"]
    assert isinstance(rows, list) and [row["key"] for row in rows] == names


@pytest.mark.parametrize("key", ["screen", "screens.", "scr.eens"])
async def test_a_part_of_a_word_is_no_section(home: Home, key: str):
    async with open_service(home) as service:
        with pytest.raises(AppError):
            await service.call(Nobody(), control.ConfigGet(key))
    with pytest.raises(AppError):
        settings(control.ConfigGet(key))


async def test_one_look_at_other_programs_folders_does_for_a_while(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    looks: list[list[tuple[str, Path]]] = []

    def look(places: list[tuple[str, Path]]) -> Found:
        looks.append(places)
        return Found([], 0)

    monkeypatch.setattr(elsewhere, "find", look)
    async with open_service(home) as service:
        for within, number in ((600.0, 1), (600.0, 1), (0.0, 2), (600.0, 2)):
            await service.call(Nobody(), control.ModelsFound(within))
            assert len(looks) == number
