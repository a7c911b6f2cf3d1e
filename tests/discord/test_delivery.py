"""Replies that are shown while they are written."""

import asyncio
import time

import pytest

from app.discord import safe_sender
from app.discord.ports import ReadyReply
from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn

LEAST_SECONDS = 1.2
"""Between two edits; Discord lets no more through for long."""


class Writer:
    """Writes a word every so often, by a clock of its own."""

    def __init__(self, host: MemoryHost, words: list[str], seconds: float) -> None:
        self.now = time.time()
        self.shown_at: list[float] = []
        self._host = host
        self._words = words
        self._seconds = seconds
        self._changes = lambda: 0

    def watch(self, stand_in: DiscordStandIn) -> None:
        self._changes = lambda: len(stand_in.outbox.messages)

    async def stream(self, ask):
        reply = ask.claim.reply
        seen = 0
        for count in range(1, len(self._words) + 1):
            self.now += self._seconds
            yield " ".join(self._words[:count])
            # What was handed over is shown, or not, before the next word is asked for.
            if self._changes() > seen:
                seen = self._changes()
                self.shown_at.append(self.now)
        yield ReadyReply(reply, (" ".join(self._words),))


async def test_typing_shows_while_a_reply_takes_long(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    quick = host.answer

    async def slow(ask):
        await asyncio.sleep(0.6)
        return await quick(ask)

    host.answer = slow  # type: ignore[method-assign]
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert stand_in.outbox.typing == [scene.general.id]


async def test_typing_is_shown_again_until_a_slow_reply_is_written(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The longest reply outlasts one sign, which Discord removes after ten seconds.

    (docs.discord.com, Trigger Typing Indicator.)
    """
    assert safe_sender.TYPING_AGAIN_SECONDS < 10
    monkeypatch.setattr(safe_sender, "TYPING_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(safe_sender, "TYPING_AGAIN_SECONDS", 0.05)
    quick = host.answer

    async def slow(ask):
        await stand_in.wait_for(lambda: len(stand_in.outbox.typing) >= 3)
        return await quick(ask)

    host.answer = slow  # type: ignore[method-assign]
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert set(stand_in.outbox.typing) == {scene.general.id}


async def test_streaming_shows_the_reply_by_edits_and_ends_with_the_final_text(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {"reply.stream": True}
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: bool(host.sent_as))
    (sent,) = stand_in.outbox.sent()
    final = scene.general.messages[sent.message_id]["content"]
    assert final == "You said: hello"


async def test_edits_keep_within_discords_rate_and_the_last_is_the_whole(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    words = [f"word{number}" for number in range(60)]
    writer = Writer(host, words, seconds=0.1)
    host.stream = writer.stream  # type: ignore[method-assign]
    host.overrides[(scene.guild.id, 0)] = {
        "reply.stream": True,
    }
    async with start(clock=lambda: writer.now).connected():
        writer.watch(stand_in)
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} go")
        await stand_in.wait_for(lambda: bool(host.sent_as))
    edits = [one for one in stand_in.outbox.messages if one.kind == "edit"]
    assert len(stand_in.outbox.sent()) == 1 and 2 <= len(edits) <= 5
    gaps = [b - a for a, b in zip(writer.shown_at, writer.shown_at[1:], strict=False)]
    assert min(gaps) >= LEAST_SECONDS
    assert edits[-1].text == " ".join(words)
    for one in (*stand_in.outbox.sent(), *edits):
        assert one.payload["allowed_mentions"]["parse"] == []
    assert host.sent_as[1] == [edits[-1].message_id]


async def test_a_reply_deleted_while_it_is_written_is_left_alone(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    writer = Writer(host, ["one", "two", "three"], seconds=2.0)

    async def stream(ask):
        async for piece in writer.stream(ask):
            yield piece
            for sent in stand_in.outbox.sent():
                if sent.message_id in scene.general.messages:
                    await stand_in.delete(scene.general, sent.message_id)

    host.stream = stream  # type: ignore[method-assign]
    host.overrides[(scene.guild.id, 0)] = {
        "reply.stream": True,
    }
    async with start(clock=lambda: writer.now).connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} go")
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert len(stand_in.outbox.sent()) == 1


async def test_no_preview_shows_a_part_of_a_secret_and_a_blank_start_is_no_harm(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    now = time.time()
    text = "the key is sk-proj-0123456789abcdefghij and"

    def later() -> float:
        nonlocal now
        now += 2.0
        return now

    async def stream(ask):
        yield " "
        for end in range(1, len(text) + 1):
            yield text[:end]
        yield ReadyReply(ask.claim.reply, ("the key is [removed] and that is all",))

    host.stream = stream  # type: ignore[method-assign]
    host.overrides[(scene.guild.id, 0)] = {"reply.stream": True}
    async with start(clock=later).connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} go")
        await stand_in.wait_for(lambda: bool(host.sent_as))
    shown = [one.text for one in stand_in.outbox.messages]
    assert len(shown) > 2 and not any("sk-" in one for one in shown)
    assert shown[-1] == "the key is [removed] and that is all"


async def test_a_thumb_for_half_a_reply_counts_once_the_reply_is_whole(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    is_seen, now = asyncio.Event(), time.time()

    async def stream(ask):
        nonlocal now
        for part in ("half", "half of", "half of it"):
            yield part
            now += 2.0
        await is_seen.wait()
        yield ReadyReply(ask.claim.reply, ("half of it and the rest",))

    host.stream = stream  # type: ignore[method-assign]
    host.overrides[(scene.guild.id, 0)] = {"reply.stream": True}
    looks, find = list[int](), host.find_reply

    async def found(message: int) -> int | None:
        looks.append(message)
        return await find(message)

    host.find_reply = found  # type: ignore[method-assign]
    async with start(clock=lambda: now).connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        own = stand_in.outbox.sent()[0].message_id
        await stand_in.react(scene.general, scene.ann, own, "👍")
        await stand_in.wait_for(lambda: looks == [own])
        assert host.ratings == {}
        is_seen.set()
        await stand_in.wait_for(lambda: 1 in host.ratings.values())
        # Nothing is under way that another message could show.
        other = await stand_in.say(scene.general, scene.ben, "what a nice reply")
        await stand_in.react(scene.general, scene.ann, other, "👍")
        await stand_in.wait_for(lambda: other in looks)
    assert looks == [own, own, other]
