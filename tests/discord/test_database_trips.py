"""How often the database is asked while a message is answered."""

from collections.abc import Callable
from typing import Any

import pytest

from app.discord import delivery, safe_sender
from app.service.service import Service
from app.store.database import Database
from app.store.tables import Member, Message
from tests.discord.conftest import Running
from tests.discord.real_host import eventually, taught
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn

MOST = 6
"""Trips to the database's thread between a message and its answer on Discord."""

AFTER = 3
"""Trips to note what was sent."""

HEARD = "app.importers.message_intake.store_live"
CLAIMED = "app.store.places.claim"
LINKED = {"app.conversations.conversations._placed", "app.store.reply_links.put_many"}
"""The trips of linking, which runs beside the decision."""

SENT = "the reply goes out"


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the query functions in the order they are asked, and `SENT`."""
    asked: list[str] = []
    submit, send_parts = Database.submit, safe_sender.send_parts

    def counted(
        self: Database, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        plain = getattr(function, "func", function)
        asked.append(f"{plain.__module__}.{plain.__qualname__}")
        return submit(self, function, *args, **kwargs)

    async def counted_send(*args: Any, **kwargs: Any) -> list[int]:
        asked.append(SENT)
        return await send_parts(*args, **kwargs)

    monkeypatch.setattr(Database, "submit", counted)
    monkeypatch.setattr(delivery, "send_parts", counted_send)
    return asked


async def test_a_reply_of_the_chain_asks_the_database_six_times_at_most(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    trips: list[str],
) -> None:
    async with taught(running, stand_in, service, scene):
        call = f"{stand_in.bot.mention} what about the boats"
        # The first one also opens the channel and resolves its settings.
        await stand_in.say(scene.general, scene.ann, call)
        await until_noted(service, 1)
        trips.clear()
        await stand_in.say(scene.general, scene.ben, call)
        await stand_in.wait_for(lambda: SENT in trips)
        before = trips[: trips.index(SENT)]
        await until_noted(service, 2)
    assert len(before) <= MOST, before
    decided = before[: before.index(CLAIMED)]
    assert [one for one in decided if one not in LINKED] == [HEARD]
    after = [one for one in trips if "is_noted" not in one]
    assert len(after) - len(before) - 1 <= AFTER, after


async def until_noted(service: Service, number: int) -> None:
    """Wait until so many replies are noted as sent, and learned as context."""

    def is_noted() -> bool:
        own = Message.select().join(Member).where(Member.is_bot)
        return bool(own.count() == number)

    async def is_so() -> bool:
        return await service.context.database.run(is_noted)

    await eventually(is_so)
