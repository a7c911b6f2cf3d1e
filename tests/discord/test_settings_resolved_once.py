"""How often a reply works out its settings, and looks at their file."""

from typing import Any

import pytest

from app.service.service import Service
from app.settings import effective, setting_keys
from app.settings.effective import Settings
from tests.discord.conftest import Running
from tests.discord.real_host import taught
from tests.discord.scene import Scene
from tests.discord.test_database_trips import until_noted
from tests.discord_stand_in.server import DiscordStandIn

RESOLVED, LOOKED = "resolved", "looked at the file"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The work of settings in the order it is done."""
    done: list[str] = []
    resolve, look = setting_keys.with_stored, Settings._look

    def resolved(*args: Any) -> Any:
        done.append(RESOLVED)
        return resolve(*args)

    def looked(self: Settings) -> None:
        done.append(LOOKED)
        look(self)

    monkeypatch.setattr(effective.setting_keys, "with_stored", resolved)
    monkeypatch.setattr(Settings, "_look", looked)
    # Other tests look whenever they ask; this one counts what the owner gets.
    monkeypatch.setattr(effective, "LOOK_SECONDS", 1.0)
    return done


async def test_a_reply_resolves_its_settings_once_after_a_change_and_then_never(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    counted: list[str],
) -> None:
    async with taught(running, stand_in, service, scene):
        call = f"{stand_in.bot.mention} what about the boats"
        service.context.settings.drop()
        counted.clear()
        await stand_in.say(scene.general, scene.ann, call)
        await until_noted(service, 1)
        after_a_change = counted.copy()
        counted.clear()
        await stand_in.say(scene.general, scene.ben, call)
        await until_noted(service, 2)
    assert after_a_change.count(RESOLVED) == 1
    assert counted.count(RESOLVED) == 0
    # A look is due once a second, whatever is asked meanwhile.
    assert after_a_change.count(LOOKED) <= 3 and counted.count(LOOKED) <= 3
