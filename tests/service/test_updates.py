"""The bot tells of a newer release only where its owner wants to know."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.paths import Home
from app.ipc.control import Check
from app.service import updates
from app.service.doctor import check_all
from app.service.service import Service, open_service
from app.service.updates import UpdateWatcher
from app.settings.config_file import save
from tests.cli.test_update import GOOD, KIND
from tests.release_stand_in import Releases, releases


@pytest.fixture
async def service(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Service, Releases]]:
    with releases("99.1.0") as page:
        page.offer({f"mynah-99.1.0-{KIND}": GOOD})
        key = base64.b64encode(page.public_key).decode()
        told = json.dumps({"repository": "o/n", "key": key})
        (tmp_path / "release.json").write_text(told, encoding="utf-8")
        monkeypatch.setattr(updates, "release_file", lambda: tmp_path / "release.json")
        monkeypatch.setattr(updates, "HOST", page.url)
        async with open_service(home) as opened:
            yield opened, page


async def check(service: Service) -> Check:
    (found,) = [
        one for one in await check_all(service.context) if one.name == "updates"
    ]
    return found


async def test_nothing_is_asked_while_it_is_off(
    service: tuple[Service, Releases],
):
    opened, page = service
    await UpdateWatcher(opened.context).look()
    assert "Switched off" in (await check(opened)).detail
    assert page.asked == []


async def test_home_and_the_check_up_name_a_newer_release_once_it_is_on(
    home: Home, service: tuple[Service, Releases]
):
    opened, page = service
    save(home.config_file, "bot.updates", True)
    watcher = UpdateWatcher(opened.context)
    await watcher.look()
    await watcher.look()
    told = [event.text for event in opened.context.events.events]
    assert [text for text in told if "99.1.0" in text] == [
        "Mynah 99.1.0 is out: `mynah update` installs it."
    ]
    found = await check(opened)
    assert found.ok and "99.1.0" in found.detail and "mynah update" in found.hint
    assert not any(path.endswith(KIND) for path in page.asked), "only the list is read"


async def test_a_page_that_does_not_answer_is_no_trouble_for_the_bot(
    home: Home, service: tuple[Service, Releases]
):
    opened, page = service
    save(home.config_file, "bot.updates", True)
    page.files.clear()
    await UpdateWatcher(opened.context).look()
    assert not any("out" in event.text for event in opened.context.events.events)
    found = await check(opened)
    assert found.detail.startswith("The releases page did not send")
