"""How often a reply works out its settings, and looks at their file."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from app.core.names import GuildId
from app.service.service import Service
from app.settings import effective
from app.settings.effective import Settings
from app.store import settings as rows
from tests.discord.conftest import Running
from tests.discord.real_host import taught
from tests.discord.scene import Scene
from tests.discord.test_database_trips import until_noted
from tests.discord_stand_in.server import DiscordStandIn


@dataclass
class Work:
    """The work of settings since the last `clear`."""

    resolved: list[tuple[int, int]] = field(default_factory=list)
    """(guild, channel) of each place worked out."""
    looks: int = 0
    """Looks at the file."""

    def clear(self) -> None:
        self.resolved, self.looks = [], 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    done = Work()
    resolve, look = rows.effective, Settings._look

    def resolved(guild: int, channel: int = 0) -> Any:
        done.resolved.append((guild, channel))
        return resolve(GuildId(guild), channel)

    def looked(self: Settings) -> None:
        done.looks += 1
        look(self)

    monkeypatch.setattr(rows, "effective", resolved)
    monkeypatch.setattr(Settings, "_look", looked)
    # Other tests look whenever they ask; this one counts what the owner gets.
    monkeypatch.setattr(effective, "LOOK_SECONDS", 60.0)
    return done


async def test_a_reply_resolves_its_settings_once_after_a_change_and_then_never(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    work: Work,
) -> None:
    async with taught(running, stand_in, service, scene):
        call = f"{stand_in.bot.mention} what about the boats"
        await stand_in.say(scene.general, scene.ann, call)
        await until_noted(service, 1)
        service.context.settings.drop()
        work.clear()
        await stand_in.say(scene.general, scene.ann, call)
        await until_noted(service, 2)
        after_a_change = work.resolved.copy()
        await stand_in.say(scene.general, scene.ben, call)
        await until_noted(service, 3)
    # The server's, by which the message is learned, and the channel's for the reply.
    (learned, made) = sorted(after_a_change)
    assert learned[1] == 0 and made[1] > 0
    assert work.resolved == after_a_change
    assert work.looks == 0
