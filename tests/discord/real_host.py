"""What the tests of the real host share: lines to teach, and ways to wait."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from app.service.service import Service
from app.store import guilds, messages, replies
from app.store.rows import StoredReply
from tests.discord.conftest import Running
from tests.discord.scene import Scene
from tests.discord_stand_in.server import WAIT_SECONDS, DiscordStandIn

LINES = [
    "the tide comes in at nine and takes the small boats out",
    "the tide goes out at three and leaves the small boats dry",
    "small boats are what the harbour is for",
    "the harbour smells of tar and of small fish",
    "nobody takes the small fish but the cat",
    "the cat sleeps on the boats when the tide is out",
]


async def stored(service: Service) -> dict[str, str]:
    """Texts of the stored messages that no bot wrote, by their ids on Discord."""
    found: dict[str, str] = {}
    for guild in await service.context.database.run(guilds.every):
        page = await service.context.database.run(messages.page, guild.id, limit=500)
        found |= {one.external: one.text for one in page if not one.is_bot}
    return found


async def count(service: Service) -> int:
    return len(await stored(service))


async def eventually(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: If it is not so in time.
    """
    async with asyncio.timeout(WAIT_SECONDS):
        while not await is_so():  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.02)


async def until_stored(service: Service, n: int) -> None:
    async def is_so() -> bool:
        return await count(service) == n

    await eventually(is_so)


async def listen(stand_in: DiscordStandIn, scene: Scene) -> None:
    await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
    general = scene.general
    await stand_in.command(general, scene.mod, "listen add", channel=general)


async def teach(stand_in: DiscordStandIn, service: Service, scene: Scene) -> list[int]:
    ids = [
        await stand_in.say(scene.general, (scene.ann, scene.ben)[n % 2], line)
        for n, line in enumerate(LINES)
    ]
    await until_stored(service, len(LINES))
    return ids


@asynccontextmanager
async def taught(
    running: Running, stand_in: DiscordStandIn, service: Service, scene: Scene
) -> AsyncIterator[list[int]]:
    """A bot that is online and learned `LINES` in the main channel; their ids."""
    async with running.connected():
        await listen(stand_in, scene)
        yield await teach(stand_in, service, scene)


async def reply_of(service: Service, message: int) -> StoredReply:
    """Return the reply that a message shows, once that is noted."""
    found = list[StoredReply]()

    async def is_noted() -> bool:
        row = await service.context.database.run(replies.find_sent, str(message))
        found.extend([row] if row else [])
        return row is not None

    await eventually(is_noted)
    return found[0]
