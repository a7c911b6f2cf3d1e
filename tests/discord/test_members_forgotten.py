"""A member is gone out of every table and file: facts, transcripts, games, replies."""

from collections.abc import AsyncIterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.discord.actions import guess_round
from app.discord.talk import attached_pictures
from app.ipc import control
from app.providers.base import Completion, Prompt
from app.providers.local.provider import LocalProvider
from app.service.job_runner import Senses
from app.service.search_keeper import SearchKeeper
from app.service.service import Service
from app.service.words.people_keeper import PeopleKeeper
from app.settings.config_file import save
from app.store import forgetting, guilds
from app.store.authors import AuthorKey
from app.store.tables import TABLES
from tests.discord.conftest import Running
from tests.discord.real_host import listen, until_stored
from tests.discord.scene import Scene
from tests.discord.test_controller import NOBODY
from tests.discord_stand_in.payloads import voice_message
from tests.discord_stand_in.rights import MANAGE_WEBHOOKS
from tests.discord_stand_in.server import DiscordStandIn, File
from tests.home_files import files_with
from tests.jobs import whisper_file
from tests.service.cards import V2, packed, picture
from tests.service.forgetting_world import Echo, few_turns

WORD = "zq77zq"
"""Stands in all that Ann does: her name, words, files, voice and facts."""

KEPT = {"tombstone", "forgotten_span", "forgotten_twin"}
"""Tables with keyed hashes that keep what was forgotten from coming back."""
MINE = [
    f"the {WORD} tide comes in at nine and takes the small boats out",
    f"I live in {WORD.upper()}ham",
    f"my cat is called Tom{WORD}",
    f"the {WORD} harbour smells of tar and of small fish",
    f"nobody takes the {WORD} small fish but the cat",
]
THEIRS = [
    "the tide goes out at three and leaves the small boats dry",
    "small boats are what the harbour is for",
    "the cat sleeps on the boats when the tide is out",
]
ANSWERS = 4


@pytest.fixture
def parts(
    home: Home,
    service: Service,
    scene: Scene,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model that repeats Ann's word, ears that hear it, and every feature on."""
    scene.guild.bot_rights |= MANAGE_WEBHOOKS
    count = iter(range(1, 100))

    async def write(
        self: LocalProvider, prompt: Prompt
    ) -> AsyncIterator[str | Completion]:
        yield Completion(f"a tern calls {WORD} at dawn {next(count)}")

    async def hear(senses: Senses, data: bytes, model: Path) -> str:
        return f"my voice says {WORD}"

    monkeypatch.setattr(LocalProvider, "write", write)
    monkeypatch.setattr(LocalProvider, "unavailable", lambda self, prompt: None)
    monkeypatch.setattr(Senses, "heard", hear)
    monkeypatch.setattr(attached_pictures, "_is_on_discord", lambda url: True)
    monkeypatch.setattr(guess_round, "SECONDS", 0.5)
    ears = whisper_file.write(tmp_path / "ears.bin")
    for name, value in (
        ("reply.mode", "hybrid"),
        ("reply.candidates", 1),
        ("model.ears", str(ears)),
        ("memory.people", True),
        ("speak.imitate", True),
        ("speak.webhooks", True),
        ("speak.user_cooldown_seconds", 0.0),
    ):
        save(home.config_file, name, value)


async def used(stand_in: DiscordStandIn, service: Service, scene: Scene) -> None:
    """Ann, whose name has the word as well, uses everything once."""
    general, ann, ben, mod = scene.general, scene.ann, scene.ben, scene.mod
    sent, run = stand_in.outbox.sent, service.context.database.run
    stand_in.rest.files[f"{WORD}.txt"] = f"the {WORD} notes".encode()
    stand_in.rest.files["voice-message.ogg"] = b"OggS a voice"
    stand_in.rest.files["brine.png"] = picture(("chara", packed(V2)))

    async def asks(text: str, **more: Any) -> None:
        before = len(sent())
        await stand_in.say(general, ann, text, **more)
        await stand_in.wait_for(lambda: len(sent()) > before)

    await listen(stand_in, scene)
    await stand_in.command(
        general, mod, "config set", key="games.wrapped", value="true"
    )
    await stand_in.command(general, mod, "persona add", card=File("brine.png"))
    await stand_in.command(general, mod, "lore add", name="Tide", text="Tides rise.")
    for mine, their in zip_longest(MINE, THEIRS):
        await stand_in.say(general, ann, mine)
        if their:
            await stand_in.say(general, ben, their)
    await until_stored(service, len(MINE) + len(THEIRS))
    await PeopleKeeper(service.context).catch_up()
    await stand_in.command(general, ann, "me correct", number=1, value=f"Old {WORD}")
    mention = stand_in.bot.mention
    await asks(f"{mention} read my {WORD} file", files=(f"{WORD}.txt",))
    await asks("", reply_to=sent()[-1].message_id, **voice_message(stand_in.base_url))
    await asks(f"captain brine, where is my {WORD}?")
    await stand_in.say(general, ben, f"{mention} and what did Ann say of the tide?")
    await stand_in.wait_for(lambda: len(sent()) == ANSWERS)
    await stand_in.command(general, ann, "privacy voice", wish="allow")
    await stand_in.command(general, ben, "like", member=ann)
    await stand_in.command(general, ben, "origin", phrase=WORD)
    await stand_in.command(general, ben, "wrapped")
    shown = await stand_in.command(general, ben, "whosaid")
    await stand_in.press(shown, ann, "whosaid-0")
    service.context.memory.attach(Echo(), service.context.parts)
    summing = service.context.memory._summarising
    idle = service.context.memory.idle_model
    assert summing is not None and idle is not None
    idle._last_reply = -1000.0
    with few_turns():
        await summing.look()
    await SearchKeeper(service.context).catch_up()
    (guild,) = await run(guilds.every)
    await service.call(NOBODY, control.SnapshotTake("Harbour", "before"))
    await service.context.voices.rebuild(guild.id)


PEOPLE = {
    "lore_entry", "character", "character_hook", "member_fact", "comparison",
    "snapshot", "conversation", "reply_source", "setting",
}  # fmt: skip
"""Tables of lore, characters, facts, guesses and the rest that a server fills."""


def filled_tables() -> set[str]:
    return {one._meta.table_name for one in TABLES if one.select().exists()}


def holding(*sought: str) -> set[str]:
    """Name the tables in which one of the texts stands."""
    every = [(one._meta.table_name, one.select().tuples()) for one in TABLES]
    return {
        name
        for name, rows in every
        if any(text in str(row).lower() for row in rows for text in sought)
    }


async def test_nothing_is_left_of_a_member_who_forgets(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    parts: None,
) -> None:
    run, ann = service.context.database.run, scene.ann
    ann.name = f"Ann {WORD}"
    mine = AuthorKey.load(home.author_key_file).author(str(ann.id))
    async with running.connected():
        await used(stand_in, service, scene)
        before = await run(holding, WORD)
        hashed = await run(holding, mine)
        await stand_in.command(scene.general, ann, "privacy forget")
        after, files = await run(holding, WORD), files_with(home.root, WORD)
        left = await run(holding, mine)
    assert {"message", "member", "member_fact", "reply", "attachment"} <= before
    assert "conversation" in before and {"member", "reply"} <= hashed
    assert after == set() and files == []
    assert left <= KEPT


async def test_nothing_is_left_of_a_server_that_is_deleted(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    parts: None,
) -> None:
    run = service.context.database.run
    async with running.connected():
        await used(stand_in, service, scene)
        filled = await run(filled_tables)
    (guild,) = await run(guilds.every)
    await service.context.forgetter.forget_everything(guild.id)
    await run(forgetting.delete_guild, guild.id)
    assert PEOPLE <= filled
    assert await run(filled_tables) <= {"row_numbers", "home_value", "usage"}
    assert files_with(home.root, WORD) == []


STORED = {
    "context.lore": {"lore_entry"},
    "memory.people": {"member_fact"},
    "games.whosaid": {"comparison"},
    "speak.webhooks": {"character"},
    "memory.enabled": {"embedding"},
}
"""What each feature of the owner's list keeps, and the tables that it empties."""

EYES = 77
"""The bytes of a projector."""


async def test_an_owner_sees_what_each_feature_stored_and_costs_and_deletes_it(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    parts: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = service.context.database.run
    ask = control.Features("Harbour")
    tidied: list[GuildId] = []

    async def tidy(guild: GuildId) -> None:
        tidied.append(guild)

    service.context.cast.on_change = tidy
    monkeypatch.setattr(LocalProvider, "sight_bytes", EYES)
    async with running.connected():
        await used(stand_in, service, scene)
        await service.context.memory._catch_up()
        found = await service.call(NOBODY, ask)
        done = {}
        for one in found.stored:
            done[one.setting] = await service.call(
                NOBODY, control.FeatureClear("Harbour", one.setting)
            )
        left = await service.call(NOBODY, ask)
        filled = await run(filled_tables)
        lore = await run(holding, "tides rise", "old sailor", "ship is the tern")
        files = files_with(home.root, "Tides rise.")
    before = {one.setting: one.count for one in found.stored}
    assert all(before.values()), before
    assert {name: one.count for name, one in done.items()} == before
    assert all(one.complete for one in done.values())
    assert not any(one.count for one in left.stored)
    assert not set().union(*STORED.values()) & filled
    assert lore == set() and files == [] and tidied
    costs = {one.setting: one for one in found.costs}
    assert {"games.origin", "games.whosaid", "games.wrapped"} <= set(costs)
    assert costs["context.attached"].ms and costs["context.spoken"].ms
    assert costs["speak.webhooks"].ms and costs["speak.imitate"].ms
    assert costs["context.lore"].memory and costs["memory.enabled"].memory
    assert costs["context.pictures"].memory == EYES and "speak.aloud" not in costs
