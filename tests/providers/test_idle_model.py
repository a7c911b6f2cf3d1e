import asyncio
from collections.abc import Sequence

from app.core.names import GuildId
from app.providers.local.idle_model import IdleModel

DEN = GuildId(1)


class Slow:
    """A model that writes once it may."""

    billions, context_size, is_idle = 1.0, 100, True

    def __init__(self) -> None:
        self.has_begun, self.may_write = asyncio.Event(), asyncio.Event()
        self.asked: list[str] = []

    async def complete(
        self,
        guild: GuildId,
        text: str,
        max_tokens: int,
        seconds: float,
        never: Sequence[str] = (),
        grammar: str = "",
    ) -> str:
        self.asked.append(text)
        self.has_begun.set()
        await self.may_write.wait()
        return "done"


async def test_it_writes_for_one_at_a_time():
    model = Slow()
    idle = IdleModel(model)
    first = asyncio.create_task(idle.complete(DEN, "first", 9))
    await model.has_begun.wait()
    # Both looked whether it is free before either of them asked.
    async with asyncio.timeout(5):
        assert await idle.complete(DEN, "second", 9) is None
    with idle.quiet():
        assert await first is None, "a reply ends what it writes"
        assert await idle.complete(DEN, "beside a reply", 9) is None
    assert model.asked == ["first"]


async def test_it_writes_once_replies_are_made():
    model = Slow()
    idle = IdleModel(model)
    with idle.quiet():
        pass
    model.may_write.set()
    assert await idle.complete(DEN, "later", 9) == "done"


async def test_who_asks_can_be_cancelled():
    model = Slow()
    asking = asyncio.create_task(IdleModel(model).complete(DEN, "first", 9))
    await model.has_begun.wait()
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled()
