"""Words that are forgotten while their reply is being sent, part by part."""

from dataclasses import replace

import pytest

from app.discord.actions.again import NOTHING_TO_SAY
from app.discord.ports import Ask, ReadyReply
from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn

SAID, GONE = "the tide is out", "the treasury is below"


class Forgetful(MemoryHost):
    """A host whose next reply loses its sources once so much of it has left."""

    def __init__(self, stand_in: DiscordStandIn) -> None:
        super().__init__()
        self._stand_in = stand_in
        self.goes_after = 0
        self.is_fresh = True
        self.answer_parts = (SAID, GONE)

    async def answer(self, ask: Ask) -> ReadyReply | None:
        made = await super().answer(ask)
        return made and replace(made, is_fresh=self.is_fresh)

    async def may_send(self, reply: int) -> bool:
        return len(self._stand_in.outbox.messages) < self.goes_after

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self._stand_in.outbox.messages]


def own_lines(scene: Scene) -> list[str]:
    """The lines of the bot that are on Discord now."""
    there = [one["content"] for one in scene.general.messages.values()]
    return [text for text in there if text and text in f"{SAID} {GONE}"]


@pytest.fixture
def host(stand_in: DiscordStandIn) -> Forgetful:
    return Forgetful(stand_in)


@pytest.mark.parametrize("way", ["mention", "typed", "command"])
async def test_the_rest_of_a_reply_whose_sources_went_is_not_sent(
    stand_in: DiscordStandIn, start: Start, host: Forgetful, scene: Scene, way: str
) -> None:
    host.goes_after = 1
    async with start().connected():
        if way == "command":
            await stand_in.command(scene.general, scene.ann, "mark")
        else:
            call = "!mark" if way == "typed" else f"{stand_in.bot.mention} hello"
            await stand_in.say(scene.general, scene.ann, call)
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert host.texts == [SAID]
    (sent,) = host.sent_as.values()
    # Noted, so that the owner can have it deleted.
    assert sent == [stand_in.outbox.messages[0].message_id]


async def test_a_reply_is_not_sent_again_once_its_sources_went(
    stand_in: DiscordStandIn, start: Start, host: Forgetful, scene: Scene
) -> None:
    stand_in.rest.faults.add("drop")
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: stand_in.rest.faults.pending == 0)
        await stand_in.command(scene.general, scene.ben, "why")
    assert (SAID in host.texts, host.sent_as) == (False, {})


async def test_a_streamed_reply_is_taken_back_when_its_sources_went(
    stand_in: DiscordStandIn, start: Start, host: Forgetful, scene: Scene
) -> None:
    host.goes_after = 1
    host.overrides[(scene.guild.id, 0)] = {"reply.stream": True}
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: bool(host.texts))
        await stand_in.wait_for(lambda: not own_lines(scene))
    assert GONE not in " ".join(host.texts)


async def test_a_draft_is_not_shown_where_replies_stream(
    stand_in: DiscordStandIn, start: Start, host: Forgetful, scene: Scene
) -> None:
    made = host.answer

    async def draft(ask: Ask) -> ReadyReply | None:
        answer = await made(ask)
        return answer and replace(answer, is_draft=True)

    host.answer = draft  # type: ignore[method-assign]
    host.overrides[(scene.guild.id, 0)] = {"reply.stream": True}
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.command(scene.general, scene.mod, "why")
    assert own_lines(scene) == []


async def test_a_command_whose_sources_went_says_so_and_not_them(
    stand_in: DiscordStandIn, start: Start, host: Forgetful, scene: Scene
) -> None:
    host.is_fresh = False
    async with start().connected():
        shown = await stand_in.command(scene.general, scene.ann, "mark")
    assert [*shown.texts] == [NOTHING_TO_SAY]


@pytest.mark.parametrize("way", ["mention", "stream", "command", "typed"])
async def test_the_beginning_of_a_reply_is_noted_whose_rest_discord_refuses(
    stand_in: DiscordStandIn, start: Start, host: Forgetful, scene: Scene, way: str
) -> None:
    host.goes_after = 100
    host.answer_parts = (SAID, "more of the tide", GONE)
    scene.guild.blocked_words = {GONE: 200000}
    host.overrides[(scene.guild.id, 0)] = {"reply.stream": way == "stream"}
    async with start().connected():
        if way == "command":
            await stand_in.command(scene.general, scene.ann, "mark")
        else:
            call = "!mark" if way == "typed" else f"{stand_in.bot.mention} hello"
            await stand_in.say(scene.general, scene.ann, call)
        await stand_in.wait_for(lambda: bool(host.sent_as))
    there = [
        number
        for number, one in scene.general.messages.items()
        if one["author"]["id"] == str(stand_in.bot.id)
    ]
    assert there != [] and [*host.sent_as.values()] == [there]
    assert host.refusals == {} and len(host.asked) == 1


async def test_a_reply_that_is_half_replaced_is_known_by_its_new_words(
    stand_in: DiscordStandIn, start: Start, host: Forgetful, scene: Scene
) -> None:
    host.goes_after = 100
    host.overrides[scene.guild.id, 0] = {"speak.user_cooldown_seconds": 0.0}
    async with start().connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: any(len(s) == 2 for s in host.sent_as.values()))
        (old,) = host.sent_as.values()
        host.answer_parts = ("other words", GONE + " now")
        scene.guild.blocked_words = {f"{GONE} now": 200000}
        shown = await stand_in.command(scene.general, scene.ann, "again")
    assert "I could not say it" in shown.text and host.refusals == {}
    assert own_lines(scene) == [GONE]
    assert [*host.sent_as.values()] == [old, old[:1]]
