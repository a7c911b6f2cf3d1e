"""Resolved settings are kept, and dropped with what they were resolved of."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.ipc import control
from app.service.privacy import delete_after_grace
from app.service.service import Service, open_service
from app.store import guilds
from tests.asking import ask


@pytest.fixture
async def service(home: Home, tmp_path: Path) -> AsyncIterator[Service]:
    lines = tmp_path / "lines.txt"
    lines.write_text("the cat sat on the mat\nthe dog sat on the sofa\n" * 3)
    async with open_service(home) as opened:
        await ask(opened, control.Import("den", [str(lines)]))
        yield opened


async def row_of(service: Service) -> GuildId:
    found = await service.context.database.run(guilds.find, "den")
    assert found is not None
    return found.id


async def dial(service: Service, guild: GuildId, channel: int = 0) -> int:
    return (await service.context.settings.of(guild, channel)).reply.dial


async def test_a_rollback_is_felt_by_the_next_reply(service: Service) -> None:
    guild = await row_of(service)
    await ask(service, control.ConfigSet("reply.dial", "30", "den"))
    await ask(service, control.SnapshotTake("den", "calm"))
    await ask(service, control.ConfigSet("reply.dial", "90", "den"))
    assert await dial(service, guild) == 90
    done = await ask(service, control.SnapshotRestore("den", "calm"))
    assert await dial(service, guild) == 30
    await ask(service, control.SnapshotRestore("den", done.undo))
    assert await dial(service, guild) == 90


async def test_a_deleted_servers_settings_are_nobodys(service: Service) -> None:
    guild = await row_of(service)
    usual = await dial(service, guild)
    await ask(service, control.ConfigSet("reply.dial", str(usual + 7), "den"))
    assert await dial(service, guild) == usual + 7
    await service.context.database.run(guilds.set_left, guild, 1)
    await delete_after_grace(service.context)
    assert await service.context.database.run(guilds.find, "den") is None
    assert await dial(service, guild) == usual
    again = await service.context.database.run(guilds.ensure, "den")
    assert await dial(service, again.id) == usual


async def test_a_thread_follows_its_channel_until_it_has_a_value_of_its_own(
    service: Service,
) -> None:
    guild = await row_of(service)
    run = service.context.database.run
    above = (await run(guilds.ensure_channel, guild, "stage", "7")).id
    thread = (await run(guilds.ensure_channel, guild, "act", "8", parent=above)).id
    usual = await dial(service, guild, thread)
    for place, value in (("stage", 11), ("act", 22)):
        await ask(service, control.ConfigSet("reply.dial", str(value), "den", place))
        assert await dial(service, guild, thread) == value
    assert await dial(service, guild, above) == 11
    await ask(service, control.ConfigSet("reply.dial", None, "den", "act"))
    assert await dial(service, guild, thread) == 11
    await ask(service, control.ConfigSet("reply.dial", None, "den", "stage"))
    assert await dial(service, guild, thread) == usual
