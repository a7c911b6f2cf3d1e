"""A small guild's day from morning to evening; `-s` prints the transcript."""

from collections.abc import AsyncIterator
from random import Random

import pytest

from app.core.paths import Home
from app.discord.client import MynahBot
from app.discord.controller import ports_of
from app.discord.surroundings import Surroundings
from app.service.service import Service, open_service
from app.settings.config_file import save
from tests.discord.conftest import PACE, Running
from tests.discord.scene import Scene
from tests.discord_stand_in.interactions import Interaction
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import User

MORNING = (
    "the tide comes in at nine and takes the small boats out",
    "the tide goes out at three and leaves the small boats dry",
    "small boats are what the harbour is for",
    "the harbour smells of tar and of small fish",
    "nobody takes the small fish but the cat",
    "the cat sleeps on the boats when the tide is out",
    "when the tide is out the gulls walk on the pier",
    "the gulls take what the cat leaves",
)


class Day:
    """Does what people do, and writes down what everybody saw."""

    def __init__(self, stand_in: DiscordStandIn, scene: Scene, bot: MynahBot) -> None:
        self.bot = bot
        self.stand_in = stand_in
        self.scene = scene
        self.lines: list[str] = []
        self._shown = 0

    async def say(self, author: User, text: str, *, answered: bool = False) -> int:
        """Somebody writes in the main channel; waits for the reply if one is due."""
        self.lines.append(f"{author.name}: {text.replace('<@', '@<')}")
        before = len(self.stand_in.outbox.sent())
        message = await self.stand_in.say(self.scene.general, author, text)
        judged = self.bot.speaker.judged
        await self.stand_in.wait_for(lambda: any(j.message == message for j in judged))
        if answered:
            sent = self.stand_in.outbox.sent
            await self.stand_in.wait_for(lambda: len(sent()) > before)
            self.lines += [f"    Mynah: {one.text}" for one in sent()[before:]]
        return message

    async def run(self, author: User, path: str, **options: object) -> Interaction:
        """Somebody runs a command."""
        words = " ".join(f"{k}: {getattr(v, 'name', v)}" for k, v in options.items())
        self.lines.append(f"{author.name} → /{path} {words}".rstrip())
        shown = await self.stand_in.command(self.scene.general, author, path, **options)
        alone = " (seen by them alone)" if shown.ephemeral else ""
        for text in shown.texts:
            self.lines.append(f"    Mynah{alone}: {text}")
        return shown


@pytest.fixture
async def service(home: Home) -> AsyncIterator[Service]:
    save(home.config_file, "reply.mode", "markov")
    save(home.config_file, "speak.user_cooldown_seconds", 0.0)
    async with open_service(home, Random(11)) as opened:
        yield opened


async def test_a_small_guilds_day(
    stand_in: DiscordStandIn, service: Service, home: Home, scene: Scene
) -> None:
    settings = service.context.settings
    around = Surroundings(
        ports_of(service.context, Random(11)),
        lambda: settings.home.bot,
        service.context.discord_state,
        rng=Random(11),
        pace=PACE,
    )
    ann, ben, mod, bot = scene.ann, scene.ben, scene.mod, stand_in.bot.mention
    async with Running(stand_in, around).connected() as link:
        assert link.client is not None
        day = Day(stand_in, scene, link.client)
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await day.run(mod, "help")
        await day.say(ann, f"{bot} who are you?", answered=True)
        await day.run(mod, "listen add", channel=scene.general)
        for number, line in enumerate(MORNING):
            await day.say((ann, ben)[number % 2], line)
        await day.run(ben, "mark", seed="the tide")
        await day.say(ann, f"{bot} what about the cat", answered=True)
        reply = stand_in.outbox.sent()[-1].message_id
        why = await stand_in.message_command(scene.general, ben, "Why this?", reply)
        day.lines += ["Ben → Why this?", f"    Mynah: {why.text}"]
        await stand_in.react(scene.general, ann, reply, "👍")
        await day.run(mod, "config set", key="speak.wake_words", value="polly")
        await day.say(ben, "polly wants a boat", answered=True)
        await day.run(mod, "quiet", time="1h")
        await day.say(ben, "polly?")
        await day.run(ben, "why")
        await day.run(mod, "quiet", time="off")
        await day.run(ben, "privacy show")
        await day.run(ben, "privacy opt-out")
        await day.say(ben, "this is nobody's business")
        week = await day.run(ann, "stats")
        day.lines.append(f"    Mynah (file): {', '.join(week.parts[0].files)}")
        trained = await day.run(mod, "train")
        await stand_in.press(trained, mod, "train-keep")
        day.lines.append("Mod → Keep them")
        message = scene.general.messages[trained.parts[0].message_id]
        await stand_in.wait_for(lambda: "Done" in message["content"])
        day.lines.append(f"    Mynah (edited): {message['content']}")
    print("\n".join(day.lines))
    told = "\n".join(day.lines)
    assert "I did not answer Ben: it was asked to be quiet" in told
    assert "No trace of it is left" in told
    assert "Done: read" in told
    assert "Taught me most: 1 Ann" in told and "week.png" in told
