"""Opinions of replies reach the walks, and choose how replies are made."""

from collections import Counter
from collections.abc import AsyncIterator
from random import Random

import pytest

from app.chat.prompt_settings import rules_of
from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.replies.request import MadeReply, ReplyRequest
from app.service import opinions
from app.service.events import Asker
from app.service.service import Service, open_service
from app.settings.config_file import save
from app.settings.schema import Config
from app.settings.setting_keys import with_overrides
from app.store import feedback, forgetting, guilds, members, messages, replies
from app.store.reply.reply_sources import SourceMessage
from tests.asking import Nobody
from tests.home_files import files_with

LINES = [
    "the tide comes in at nine and takes the small boats out",
    "the tide goes out at three and leaves the small boats dry",
    "small boats are what the harbour is for",
    "the harbour smells of tar and of small fish",
    "nobody takes the small fish but the cat",
    "the cat sleeps on the boats when the tide is out",
    "when the tide is out the gulls walk on the pier",
    "the gulls take what the cat leaves",
]


async def learn(service: Service) -> GuildId:
    """A guild that knows the lines."""
    run = service.context.database.run
    guild = await run(guilds.ensure, "Harbour", "1")
    records = [
        Record("ann", "Ann", line, id=str(n), ts=n, channel="general", channel_id="2")
        for n, line in enumerate(LINES, 1)
    ]
    await service.context.voices.hear(guild.id, records)
    return guild.id


async def reply_drawn_on(
    service: Service, guild: GuildId, message: int, **fields
) -> int:
    """A reply that was made and sent some time ago."""
    run = service.context.database.run
    reply = await run(replies.claim, guild, None, "say")
    assert reply is not None
    source = SourceMessage(message, 3, "some words there")
    await run(replies.finish, reply, {"state": "sent", **fields}, [source])
    return reply


async def share(service: Service, guild: GuildId, message: int) -> float:
    """The part of many walks that draws on a message."""
    voice = await service.context.voices.voice(guild)
    rng = Random(5)
    lines = [voice.speak(rng) for _ in range(300)]
    drew = sum(any(one.message == message for one in line.sources) for line in lines)
    return drew / len(lines)


async def replied(service: Service, guild: GuildId, **how) -> MadeReply:
    made = await service.context.replier.reply(ReplyRequest(guild, "hello", **how))
    assert made is not None
    return made


NOBODY: Asker = Nobody()


@pytest.fixture
async def service(home: Home) -> AsyncIterator[Service]:
    save(home.config_file, "reply.mode", "markov")
    async with open_service(home, Random(7)) as opened:
        yield opened


async def test_disliked_sources_weigh_less_until_the_dislike_is_taken_back(
    home: Home,
) -> None:
    async with open_service(home, Random(7)) as service:
        guild = await learn(service)
        (message,) = await service.context.database.run(messages.rows_of, guild, ["5"])
        before = await share(service, guild, message)
        made = [await reply_drawn_on(service, guild, message) for _ in range(3)]
        for reply in made:
            await opinions.rate(service.context, reply, "hash", -1)
        disliked = await share(service, guild, message)
        assert 0 < disliked < before / 2
        told = await service.call(NOBODY, control.Guilds())
        assert told.guilds[0].disliked == 1
    async with open_service(home, Random(7)) as service:
        assert await share(service, guild, message) < before / 2
        for reply in made:
            await opinions.rate(service.context, reply, "hash", 0)
        assert await share(service, guild, message) == before
        told = await service.call(NOBODY, control.Guilds())
        assert told.guilds[0].disliked == 0


async def test_forgetting_a_person_forgets_what_they_thought(service: Service) -> None:
    guild = await learn(service)
    run = service.context.database.run
    reply = await reply_drawn_on(service, guild, 1)
    await opinions.rate(service.context, reply, "hash", -1)
    await opinions.rate(service.context, reply, "other", -1, "edited", "secret words")
    assert (await run(members.kept, guild, "hash")).ratings == 1
    await run(forgetting.delete_author, guild, "hash")
    assert await run(feedback.rating, reply) == -1
    assert (await run(members.kept, guild, "hash")).ratings == 0
    await service.context.forgetter.forget(guild, [1])
    assert files_with(service.context.home.root, "secret words") == []


def tuned(home: Home, **limits: object) -> None:
    save(home.config_file, "reply.self_tune", True)
    for name, value in limits.items():
        save(home.config_file, f"reply.{name}", value)


async def test_it_keeps_to_the_settings_unless_a_guild_lets_it_choose(
    service: Service,
) -> None:
    guild = await learn(service)
    made = [await replied(service, guild) for _ in range(5)]
    assert {one.mode for one in made} == {"markov"}
    assert not any(one.tuned for one in made)


async def test_likes_choose_mode_and_dial_and_the_row_says_why(
    service: Service, home: Home
) -> None:
    tuned(home)
    guild = await learn(service)
    for value, mode, dial in ((1, "hybrid", 35), (-1, "markov", 100), (-1, "llm", 0)):
        for number in range(40):
            reply = await reply_drawn_on(
                service, guild, 1, mode=mode, dial=dial, provider="local"
            )
            await opinions.rate(service.context, reply, f"hash {number}", value)
    made = [await replied(service, guild, max_ms=50) for _ in range(12)]
    chosen = Counter((one.mode, one.dial) for one in made)
    assert chosen[("hybrid", 35)] >= 8
    row = await service.context.database.run(replies.get, made[0].reply)
    assert row is not None and row.notes[0].startswith("self-tuned to hybrid")


async def test_the_owners_limits_and_the_askers_words_bind(
    service: Service, home: Home
) -> None:
    tuned(home, tune_modes=["hybrid"], tune_dial_low=40, tune_dial_high=70)
    guild = await learn(service)
    made = [await replied(service, guild, max_ms=50) for _ in range(10)]
    assert {one.mode for one in made} == {"hybrid"}
    assert all(40 <= one.dial <= 70 for one in made)
    asked = await replied(service, guild, mode="markov")
    assert asked.mode == "markov" and not asked.tuned
    seeded = await replied(service, guild, seed="the tide", max_ms=50)
    assert not seeded.tuned


def test_the_settings_of_the_chain_are_the_rules_of_its_walks() -> None:
    values = {
        "voice.state_size": 3,
        "voice.max_run": 5,
        "voice.min_score": 40.0,
        "voice.max_tries": 7,
        "reply.max_words": 9,
    }
    rules = rules_of(with_overrides(Config(), values))
    assert (rules.state_size, rules.max_run, rules.min_score) == (3, 5, 40.0)
    assert (rules.max_tries, rules.max_words) == (7, 9)


async def test_who_changes_their_mind_keeps_the_newer_thumb(service: Service) -> None:
    guild = await learn(service)
    reply = await reply_drawn_on(service, guild, 1)
    context = service.context
    await opinions.rate(context, reply, "hash", -1)
    await opinions.rate(context, reply, "hash", 1)
    await opinions.take_back(context, reply, "hash", -1)
    assert await context.database.run(feedback.rating, reply) == 1
    await opinions.take_back(context, reply, "hash", 1)
    assert await context.database.run(feedback.of_reply, reply) == []
