"""Lorebooks as replies read them, and as moderators and the owner write them."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc import control
from app.providers.base import Turn
from app.service.given import lorebooks
from app.service.given.lorebooks import Lorebooks
from app.service.service import Service, open_service
from app.store import guilds
from app.store.database import Database
from app.store.rows import StoredLoreEntry
from tests.discord.test_controller import NOBODY
from tests.home_files import files_with

FAQ = {
    "Roles": "Ask a moderator in the roles channel to become a builder or a trader.",
    "Server address": "The game server is at play.harbour.example, version 1.20.",
    "Whitelist": "New players fill in the form in the welcome channel and wait a day.",
    "Movie night": "Films are shown every Friday at eight in the cinema voice channel.",
    "Rules": "No insults, no spam, no politics. Three warnings lead to a ban.",
    "Bans": "To appeal a ban, write to Mira by direct message.",
    "Backup": "The world is saved every six hours; lost items are given back.",
    "Donations": "Hosting costs twelve euros a month; the link to donate is pinned.",
    "Mods": "Only the mods on the pinned list are allowed; cheats lead to a ban.",
    "Founder": "The server was founded by Orla in 2017 after the old forum closed.",
    "Mascot": "The mascot is a grey harbour cat named Tarrasque.",
    "Tournament": "The chess tournament is on the first Sunday of the month.",
    "Language": "English is spoken in general; there is a German channel.",
    "Music bot": "The music bot plays with the play command in the voice channel.",
    "Birthdays": "Tell the calendar channel your birthday to be congratulated.",
}
QUESTIONS = {
    "how do i get the builder role?": "Roles",
    "can someone make me a trader pls": "Roles",
    "what's the ip": "Server address",
    "how do i join the game, which version do i need": "Server address",
    "am i whitelisted yet?": "Whitelist",
    "i'm new, how do i get in to play": "Whitelist",
    "when is the next film?": "Movie night",
    "are we watching something friday": "Movie night",
    "can i talk about the election here": "Rules",
    "what happens if i swear at someone": "Rules",
    "my brother got banned, what can he do": "Bans",
    "i lost my diamonds when it crashed": "Backup",
    "is the world saved somewhere": "Backup",
    "how can i support the server with money": "Donations",
    "who pays for all this": "Donations",
    "can i use optifine": "Mods",
    "are xray packs allowed": "Mods",
    "who made this server": "Founder",
    "who is that cat everyone talks about": "Mascot",
    "when do we play chess": "Tournament",
    "kann man hier deutsch reden": "Language",
    "is there a channel for germans": "Language",
    "how do i play a song in vc": "Music bot",
    "it's my birthday tomorrow": "Birthdays",
}
SMALL_TALK = """lol that was close
anyone up for a round tonight
my dog ate my headphones
i hate mondays so much
did you see the match yesterday
good morning everyone
brb food
what are you having for dinner
that new album is so good
i finally finished my homework
rain again, great
my phone is at 3 percent
who broke the build this time
haha nice one
i'm so tired i could sleep for a week
look at this picture of my garden
no way he said that
can't believe it's already november
working from home today
just bought a new keyboard
the train is late again
pizza or pasta?
my sister is visiting next week
this level is impossible
ok see you later
what a goal
i need a new chair, my back hurts
that meme killed me
happy friday
does anybody have a charger
i think the wifi died
coffee number four
you too
the boss fight took me three hours
i'm learning the guitar
my cat knocked over the plant
school starts again tomorrow
who wants to trade stickers
that's what she said
let's go""".splitlines()


@pytest.fixture
async def service(home: Home) -> AsyncIterator[Service]:
    async with open_service(home, Random(1)) as opened:
        yield opened


@pytest.fixture
def guild(service: Service) -> GuildId:
    return service.context.database.call(guilds.ensure, "den").id


@pytest.fixture
def books(service: Service) -> Lorebooks:
    return service.context.lorebooks


async def told(books: Lorebooks, guild: GuildId, *texts: str) -> list[str]:
    """Names of the entries that a talk brings up."""
    turns = [Turn("ann", text) for text in texts]
    return [entry.name for entry in await books.told(guild, "Mynah", turns)]


async def test_questions_bring_up_what_answers_them_and_small_talk_nothing(
    service: Service, books: Lorebooks, guild: GuildId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model that comes with the program, and what it was measured to find."""
    monkeypatch.setattr(lorebooks, "WAIT_SECONDS", 60.0)
    monkeypatch.setattr("app.service.memory_keeper.RECALL_SECONDS", 60.0)
    for name, text in FAQ.items():
        await books.add(guild, name, [], text)
    found = {one: await told(books, guild, "ok then", one) for one in QUESTIONS}
    right = [one for one, name in QUESTIONS.items() if name in found[one]]
    assert len(right) >= 18, {one: names for one, names in found.items()}
    assert [await told(books, guild, "ok then", one) for one in SMALL_TALK] == [
        [] for _ in SMALL_TALK
    ]
    await service.context.settings.change("memory.enabled", "false")
    await books.look_again(guild)
    assert await told(books, guild, *QUESTIONS) == []


async def test_words_come_before_meaning_and_the_number_is_limited(
    books: Lorebooks, guild: GuildId
) -> None:
    for number in range(lorebooks.MOST_TOLD + 3):
        await books.add(guild, f"entry {number}", ["harbour"], "Boats lie there.")
    await books.add(guild, "asked", ["kraken"], "It sleeps.")
    names = await told(books, guild, "the harbour", "a kraken!")
    assert names[0] == "asked" and len(names) == lorebooks.MOST_TOLD


async def test_a_server_without_entries_costs_no_trip_to_the_database(
    books: Lorebooks, guild: GuildId, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    run = Database.run

    async def counted(self: Database, function: object, *args: object) -> object:
        asked.append(function)
        return await run(self, function, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "run", counted)
    assert await told(books, guild, "the rules") == [] and asked == []
    await books.add(guild, "Rules", ["rules"], "No spam.")
    await told(books, guild, "the rules")
    asked.clear()
    assert await told(books, guild, "the rules") == ["Rules"] and asked == []


async def test_another_server_is_told_nothing_of_it(
    service: Service, books: Lorebooks, guild: GuildId
) -> None:
    await books.add(guild, "Rules", ["rules"], "No spam.")
    other = service.context.database.call(guilds.ensure, "elsewhere").id
    await books.add(other, "Sea", ["sea"], "It is deep.")
    assert await told(books, other, "the rules") == []


async def test_what_came_with_a_card_is_told_where_the_bot_bears_its_name(
    books: Lorebooks, guild: GuildId
) -> None:
    await books.add(guild, "Rules", ["sea"], "No spam.")
    for card in ("Marla", "Ida"):
        entry = StoredLoreEntry(f"{card}'s sea", ["sea"], "It is deep.")
        every = await books.with_card(guild, card, [entry], kept=["Marla"])
        await books.replace_all(guild, every)

    async def names(name: str) -> list[str]:
        turns = [Turn("ann", "the sea")]
        return [one.name for one in await books.told(guild, name, turns)]

    assert await names("Mynah") == ["Rules"]
    assert await names("Marla") == ["Rules", "Marla's sea"]
    assert await names("Ida") == ["Rules", "Ida's sea"]
    every = await books.with_card(guild, "Wick", [], kept=["Ida"])
    await books.replace_all(guild, every)
    assert await names("Marla") == ["Rules"]
    assert await names("Ida") == ["Rules", "Ida's sea"]


async def test_an_entry_is_cleaned_replaced_and_removed_by_its_name_in_any_case(
    books: Lorebooks, guild: GuildId
) -> None:
    text = "No\u202e spam.\n\nNo\x1b[31m flood."
    first = await books.add(guild, " The  Rules ", [" rules", "", "rules"], text)
    assert first == StoredLoreEntry("The Rules", ["rules"], "No spam. No␛[31m flood.")
    await books.add(guild, "the rules", [], "No spam at all.")
    assert await books.entries(guild) == [
        StoredLoreEntry("The Rules", [], "No spam at all.")
    ]
    assert (await books.remove(guild, "THE RULES")).name == "The Rules"
    with pytest.raises(UsageError, match="no entry 'The Rules'"):
        await books.remove(guild, "The Rules")
    assert await told(books, guild, "rules") == []


@pytest.mark.parametrize(
    ("name", "words", "text", "why"),
    [
        ("", [], "text", "name of the entry is empty"),
        ("name", [], " \n", "text of the entry is empty"),
        ("n" * 61, [], "text", "more than 60"),
        ("name", [], "t" * 1001, "more than 1,000"),
        ("name", ["w" * 61], "text", "more than 60"),
        ("name", [f"w{n}" for n in range(21)], "text", "at most 20 words"),
    ],
)
async def test_what_is_too_long_or_empty_is_refused_with_the_reason(
    books: Lorebooks, guild: GuildId, name: str, words: list[str], text: str, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        await books.add(guild, name, words, text)
    assert await books.entries(guild) == []


async def test_a_full_book_takes_another_text_but_no_other_entry(
    books: Lorebooks, guild: GuildId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lorebooks, "MOST_ENTRIES", 2)
    monkeypatch.setattr(lorebooks, "MOST_CHARS_OF_WORDS", 20)
    for name in ("a", "b", "b"):
        await books.add(guild, name, ["sea"], "text")
    with pytest.raises(UsageError, match="at most 2 entries"):
        await books.add(guild, "c", [], "text")
    with pytest.raises(UsageError, match="at most 2 entries"):
        await books.add(guild, "a", ["s" * 18], "text")


async def test_requests_write_show_and_remove(service: Service, guild: GuildId) -> None:
    add = control.LoreAdd("den", "Rules", "No spam.", ["rules"])
    assert (await service.call(NOBODY, add)).words == ["rules"]
    listed = await service.call(NOBODY, control.Lore("den"))
    shown = await service.call(NOBODY, control.LoreShow("den", "rules"))
    assert listed.entries == [shown] and shown.text == "No spam."
    await service.call(NOBODY, control.LoreRemove("den", "Rules"))
    assert (await service.call(NOBODY, control.Lore("den"))).entries == []


async def test_entries_move_with_a_snapshot_and_go_when_a_server_is_forgotten(
    service: Service, books: Lorebooks, guild: GuildId, home: Home, tmp_path: Path
) -> None:
    await books.add(guild, "Rules", ["rules"], "The zirkonite stays where it is.")
    await service.call(NOBODY, control.SnapshotTake("den", "calm"))
    await books.remove(guild, "Rules")
    await service.call(NOBODY, control.SnapshotRestore("den", "calm"))
    assert await told(books, guild, "the rules") == ["Rules"]
    file = str(tmp_path / "calm.mynah")
    await service.call(NOBODY, control.SnapshotExport("den", "calm", file))
    await service.call(NOBODY, control.SnapshotImport("moved", file))
    moved = await service.context.guild("moved")
    assert await told(books, moved.id, "the rules") == ["Rules"]
    for name in ("den", "moved"):
        await service.call(NOBODY, control.Forget(name, everything=True))
    assert await told(books, guild, "the rules") == []
    assert files_with(home.root, "zirkonite") == []
