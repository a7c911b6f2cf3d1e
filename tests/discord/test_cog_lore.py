"""A server's lorebook on Discord: `/lore`, and what replies make of it."""

from collections.abc import AsyncIterator

import pytest

from app.core.paths import Home
from app.providers.base import Completion, LoreText, Prompt
from app.providers.local.provider import LocalProvider
from app.service.given.lorebooks import MOST_TEXT_CHARS
from app.service.service import Service
from app.service.words.people_keeper import PeopleKeeper
from app.settings.config_file import save
from tests.discord.conftest import Running
from tests.discord.real_host import taught, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn, File
from tests.service.cards import V2, packed, picture

TWO = 2


async def test_moderators_write_list_show_and_remove_entries(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, mod = scene.general, scene.mod

    async def ask(command: str, **options: str) -> str:
        shown = await stand_in.command(general, mod, f"lore {command}", **options)
        assert shown.ephemeral
        return shown.text

    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        none = await ask("list")
        text = "No @everyone spam. " + "Really none. " * 60
        added = await ask("add", name="Rules", words="rules, bans", text=text)
        await ask("add", name="Cat", text="The cat is grey.")
        listed = await ask("list")
        shown = await ask("show", name="RULES")
        offered = await stand_in.complete(general, mod, "lore show", "name", "ru")
        hidden = await stand_in.complete(general, scene.ann, "lore show", "name", "")
        gone = await ask("remove", name="rules")
        missing = await ask("remove", name="rules")
        unknown = await ask("show", name="rules")
        left = await ask("list")
    assert "no entry yet" in none and "rules, bans" in added
    assert listed.startswith("2 entries:") and "**Cat** (by meaning)" in listed
    assert shown.count("Really none.") == 60 and "@everyone" not in shown
    assert offered == ["Rules"] and hidden == []
    assert "no longer know Rules" in gone
    assert "no entry" in missing and "no entry" in unknown
    assert "Rules" not in left and "1 entry:" in left


async def test_whoever_writes_for_a_voice_that_reads_nothing_is_told_so(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, mod = scene.general, scene.mod
    stand_in.rest.files["brine.png"] = picture(("chara", packed(V2)))
    told = {}
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.command(general, mod, "listen add", channel=general)
        await service.context.settings.change("memory.people", "on")
        await stand_in.say(general, mod, "I live in Leeds")
        await until_stored(service, 1)
        await PeopleKeeper(service.context).catch_up()
        for mode in ("markov", "auto"):
            await service.context.settings.change("reply.mode", mode)
            lore = {"name": "Cat", "text": "The cat is grey."}
            told[mode] = [
                await stand_in.command(general, mod, "lore add", **lore),
                await stand_in.command(
                    general, mod, "persona add", card=File("brine.png")
                ),
                await stand_in.command(general, mod, "me show"),
            ]
    alone, together = told["markov"], told["auto"]
    assert all("The voice writes alone here" in one.text for one in alone)
    assert not any("writes alone" in one.text for one in together)
    assert "Leeds" in alone[-1].text and "Brine" in alone[1].text


async def test_members_may_not_touch_it_and_what_is_too_long_is_refused(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, ann = scene.general, scene.ann
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        refused = [
            await stand_in.command(general, ann, "lore add", name="a", text="b"),
            await stand_in.command(general, ann, "lore list"),
            await stand_in.command(general, ann, "lore show", name="a"),
            await stand_in.command(general, ann, "lore remove", name="a"),
        ]
        words = ", ".join(f"w{n}" for n in range(30))
        long = await stand_in.command(
            general, scene.mod, "lore add", name="a", text="b", words=words
        )
    assert all("permission" in one.text and one.ephemeral for one in refused)
    assert "at most 20 words" in long.text and MOST_TEXT_CHARS == 1000


async def test_a_reply_is_told_what_the_talk_brings_up_and_says_so(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[tuple[LoreText, ...]] = []

    async def write(
        self: LocalProvider, prompt: Prompt
    ) -> AsyncIterator[str | Completion]:
        shown.append(prompt.lore)
        yield Completion(f"ask at pier {len(shown)}")

    monkeypatch.setattr(LocalProvider, "write", write)
    monkeypatch.setattr(LocalProvider, "unavailable", lambda self, prompt: None)
    save(home.config_file, "reply.mode", "llm")
    save(home.config_file, "memory.enabled", False)
    general, ann = scene.general, scene.ann
    text = "The harbour cat is called Tarrasque."
    async with taught(running, stand_in, service, scene):
        await stand_in.command(
            general, scene.mod, "lore add", name="Cat", words="whose", text=text
        )
        await stand_in.say(general, ann, f"{stand_in.bot.mention} what weather")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await stand_in.say(general, ann, f"{stand_in.bot.mention} whose is that cat")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == TWO)
        own = [one.message_id for one in stand_in.outbox.sent()]
        why = [
            await stand_in.message_command(general, ann, "Why this?", one)
            for one in own
        ]
    assert shown == [(), (LoreText("Cat", text),)]
    assert "lorebook" not in why[0].text
    assert "the lorebook told it: Cat" in why[1].text
