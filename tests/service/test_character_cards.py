"""Character cards in the structures of five generators, and broken ones."""

import json
from random import Random

import pytest

from app.core.errors import UsageError
from app.core.paths import Home
from app.ipc import control
from app.service.given import character_cards, personas
from app.service.given.card_file import MOST_BYTES, MOST_CARD_BYTES
from app.service.given.character_cards import character_of
from app.service.service import open_service
from app.store import guilds, settings
from app.store.given import lore
from app.store.rows import StoredLoreEntry
from tests.discord.test_controller import NOBODY
from tests.service import cards
from tests.service.cards import ODD, TAVERN, V1, V2, V3, packed, picture


def test_a_flat_json_file_of_the_first_version() -> None:
    card = character_of(packed(V1))
    assert card.name == "Marla"
    assert card.persona == "Marla keeps the lighthouse. Marla likes someone."
    says = "Marla: “*Marla waves.* Who goes there, someone?” “Ahoy!” “Mind the step.”"
    assert card.lore == (
        StoredLoreEntry("Marla speaks", ["*"], says),
        StoredLoreEntry("Marla now", ["*"], "A storm is near."),
    )
    assert card.unused == ()


def test_a_json_file_of_the_second_version_with_a_lorebook() -> None:
    card = character_of(packed(V2))
    assert card.name == "Captain Brine"
    assert card.persona == "grumpy, loyal. Captain Brine is an old sailor. sings."
    ship = ["kraken", "Captain Brine's ship"]
    assert card.lore == (
        StoredLoreEntry("Captain Brine speaks", ["*"], "Captain Brine: “Arr.”"),
        StoredLoreEntry("Ship", ship, "The ship is the Tern."),
    )
    assert card.unused == (
        "its system prompt",
        "its instructions after the chat",
        "its other first messages",
        "1 entry that the card switched off",
    )


def test_a_picture_of_the_second_version_beside_the_fields_of_the_first() -> None:
    card = character_of(picture(("Chara", packed(TAVERN))))
    assert card.name == "Juno" and "Juno is an old sailor" in card.persona
    assert "its scripts and added prompts" in card.unused
    assert [entry.name for entry in card.lore] == ["Juno speaks"]


def test_a_picture_of_the_third_version_counts_more_than_the_second_in_it() -> None:
    data = picture(("chara", packed(TAVERN)), ("ccv3", packed(V3)))
    card = character_of(data)
    assert (card.name, card.persona) == ("Professor Wick", "Wick studies lamps.")
    assert card.lore[1:] == (
        StoredLoreEntry("Professor Wick now", ["*"], "Night at the academy."),
        StoredLoreEntry("Oil", ["oil"], "The oil is from Wick."),
        StoredLoreEntry("entry", ["*"], "The academy is old."),
    )
    assert card.unused == (
        "its first messages for groups",
        "its pictures and sounds",
        "its scripts and added prompts",
        "1 entry brought up by a pattern",
        "1 second list of words, which must be there too",
    )


def test_a_card_that_keeps_to_no_version() -> None:
    card = character_of(b"\xef\xbb\xbf" + packed(ODD))
    assert (card.name, card.persona) == ("Pip the Cat", "")
    assert card.lore == (
        StoredLoreEntry("entry", [], "Pip naps."),
        StoredLoreEntry("fish", ["fish"], "Pip eats."),
    )


def test_what_is_too_long_for_a_persona_becomes_lore_between_sentences() -> None:
    sentence = "She has been at sea for many years and has seen it all. "
    card = character_of(packed({"name": "Ida", "description": sentence * 60}))
    texts = [card.persona, *(entry.text for entry in card.lore)]
    assert len(card.persona) <= character_cards.MOST_PERSONA_CHARS
    assert [entry.name for entry in card.lore] == ["Ida", "Ida 2", "Ida 3"]
    assert " ".join(texts) == (sentence * 60).strip()
    assert all(text.endswith("it all.") for text in texts)
    one_word = character_of(packed({"name": "Ida", "description": "x" * 50_000}))
    assert "texts beyond 20,000 characters" in one_word.unused


def test_more_entries_than_a_lorebook_may_have_are_told() -> None:
    entries = [{"keys": [f"k{n}"], "content": f"c{n}"} for n in range(400)]
    card = character_of(packed({"name": "Ida", "character_book": {"entries": entries}}))
    assert len(card.lore) == character_cards.MOST_ENTRIES
    assert card.unused == ("250 entries beyond the most",)


WHOLE = picture(("chara", packed(V2)))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a character card"),
        (b"[1, 2]", "not a character card"),
        (b"{}", "names no character"),
        (packed({"name": " \u202e\n"}), "names no character"),
        (packed({"data": {"name": 7}}), "names no character"),
        (b"[" * 100_000, "not a character card"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "not a character card"),
        (b'{"name": "\xff"}', "not a character card"),
        (b"PK\x03\x04 card.json", "not a character card"),
        (picture(), "holds no character card"),
        (picture(("comment", packed(V2))), "holds no character card"),
        (picture(("chara", b"not json")), "not a character card"),
        (WHOLE[:200], "picture is damaged"),
        (WHOLE.replace(b"chara", b"charb", 1), "picture is damaged"),
        (WHOLE[:-12], "picture is damaged"),
        (
            WHOLE[:8] + cards.chunk(b"tEXt", b"chara\0a?b=") + WHOLE[8:],
            "card in the picture is damaged",
        ),
        (WHOLE[:8] + b"\xff\xff\xff\xfftEXt", "picture is damaged"),
        (WHOLE[:8] + cards.chunk(b"junk", b"") * 20_000, "picture is damaged"),
        (b" " * (MOST_BYTES + 1), "more than 16 MB"),
        (b'{"name": "' + b"x" * MOST_CARD_BYTES + b'"}', "more than 2 MB"),
        (picture(("chara", b"x" * MOST_CARD_BYTES * 2)), "more than 2 MB"),
    ],
)
def test_what_is_no_card_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        character_of(data)


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_card_is_refused_or_read_and_nothing_else(seed: int) -> None:
    lots = Random(seed)
    base = bytearray(WHOLE if seed % 2 else packed(V3))
    for _ in range(lots.randrange(1, 6)):
        base[lots.randrange(len(base))] = lots.randrange(256)
    try:
        card = character_of(bytes(base))
    except UsageError:
        return
    assert card.name and json.dumps(card.persona)


async def test_a_card_gives_a_server_name_persona_and_lore_and_takes_them_back(
    home, tmp_path
) -> None:
    """As the command line asks for it, with a second card in place of the first."""
    for name, data in (("a.png", WHOLE), ("b.json", packed(V1))):
        (tmp_path / name).write_bytes(data)
    async with open_service(home, Random(1)) as service:
        guild = service.context.database.call(guilds.ensure, "den").id

        async def names() -> set[str]:
            return {one.name for one in await service.context.lorebooks.entries(guild)}

        call = service.call
        await call(NOBODY, control.LoreAdd("den", "Rules", "No spam."))
        await service.context.settings.change("reply.persona", "a bird", guild)
        first = control.PersonaImport("den", str(tmp_path / "a.png"))
        taken = await call(NOBODY, first)
        assert (taken.name, taken.entries, taken.before) == (
            "Captain Brine",
            2,
            "a bird",
        )
        second = control.PersonaImport("den", str(tmp_path / "b.json"))
        assert (await call(NOBODY, second)).before == taken.about
        config = await service.context.settings.of(guild)
        assert (config.bot.name, config.reply.persona) == (
            "Marla",
            "Marla keeps the lighthouse. Marla likes someone.",
        )
        assert await names() == {"Rules", "Marla speaks", "Marla now"}
        shown = await call(NOBODY, control.PersonaShow("den"))
        assert (shown.name, shown.entries) == ("Marla", 2)
        assert (await call(NOBODY, control.PersonaRemove("den"))) == shown
        config = await service.context.settings.of(guild)
        assert (config.bot.name, config.reply.persona) == ("Mynah", "")
        assert await names() == {"Rules"}
        for wrong, why in (("none.png", "no file"), (".", "is a folder")):
            with pytest.raises(UsageError, match=why):
                await call(NOBODY, control.PersonaImport("den", str(tmp_path / wrong)))


async def test_each_channel_has_a_character_of_its_own_with_its_lore(
    home, tmp_path
) -> None:
    for name, data in (("a.png", WHOLE), ("b.json", packed(V1))):
        (tmp_path / name).write_bytes(data)
    async with open_service(home, Random(1)) as service:
        context, call = service.context, service.call
        run = context.database.run
        guild = (await run(guilds.ensure, "den")).id
        pier = (await run(guilds.ensure_channel, guild, "pier", "7")).id
        files = {name: str(tmp_path / name) for name in ("a.png", "b.json")}
        await call(NOBODY, control.PersonaImport("den", files["a.png"]))
        await call(NOBODY, control.PersonaImport("den", files["b.json"], "pier"))

        async def bearing() -> tuple[str, str, set[str]]:
            everywhere, there = [
                (await context.settings.of(guild, channel)).bot.name
                for channel in (0, pier)
            ]
            entries = await context.lorebooks.entries(guild)
            return everywhere, there, {entry.book for entry in entries}

        assert await bearing() == ("Captain Brine", "Marla", {"Captain Brine", "Marla"})
        shown = await call(NOBODY, control.PersonaShow("den", "pier"))
        assert (shown.name, shown.entries) == ("Marla", 2)
        await call(NOBODY, control.PersonaRemove("den", "pier"))
        assert await bearing() == ("Captain Brine", "Captain Brine", {"Captain Brine"})
        await call(NOBODY, control.PersonaRemove("den"))
        assert await bearing() == ("Mynah", "Mynah", set())


async def test_a_card_whose_persona_cannot_be_stored_leaves_no_lore(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*values: object) -> None:
        raise RuntimeError("the disk is full")

    async with open_service(home, Random(1)) as service:
        context = service.context
        guild = context.database.call(guilds.ensure, "den").id
        await personas.take_card(context, guild, packed(V1))
        before = await context.lorebooks.entries(guild)
        monkeypatch.setattr(settings, "put", fails)
        with pytest.raises(RuntimeError):
            await personas.take_card(context, guild, packed(V2))
        assert await context.lorebooks.entries(guild) == before
        monkeypatch.setattr(lore, "replace_all", fails)
        with pytest.raises(RuntimeError):
            await context.cast.take_card(guild, packed(V2))
        assert await context.cast.of(guild) == []


def test_a_picture_is_taken_without_the_card_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert character_of(packed(V2)).picture is None
    data = picture(("chara", packed(V2)))
    card = character_of(data)
    assert card.picture == picture() and not any(
        "picture" in one for one in card.unused
    )
    monkeypatch.setattr(character_cards, "MOST_PICTURE_BYTES", 10)
    card = character_of(data)
    assert card.picture is None and "its picture" in card.unused[-1]
