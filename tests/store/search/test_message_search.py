"""A search finds what reading all finds, on either engine."""

from collections.abc import Callable
from random import Random

import pytest

from app.core.names import GuildId
from app.store import guilds, members, messages
from app.store.database import Database, bound
from app.store.search import message_search
from app.store.search.message_search import Sought
from app.store.statements import run

Write = Callable[..., int]

WORDS = (
    "harbour", "Harbour", "привет", "ПРИВЕТ", "Äpfel", "100%", "a_b", 'say "no"',
    "c:\\x", "日本語", "🎉", "to", "be", "x", "' OR 1=1", "the", "straße",
)  # fmt: skip
ASKED = (
    *WORDS, "Привет", "äpfel", "arb", "t", "%", "_", '"', "\\", "本", "日本", "🎉 x",
    "nowhere", "no", "o b", "e", " ", "STRASSE", "y" * 20_000, "ivet", "рив", "\0",
)  # fmt: skip


@pytest.fixture(autouse=True, params=[5, message_search.NEWEST])
def newest(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers with more messages than are read first, and with fewer."""
    monkeypatch.setattr(message_search, "NEWEST", request.param)


@pytest.fixture
def two_guilds(db: Database) -> Random:
    """Two servers with two channels each, of lines from a few words."""
    rng = Random(5)
    db.call(fill, rng)
    return rng


def fill(rng: Random) -> None:
    for name in ("Harbour", "Hill"):
        guild = guilds.ensure(name).id
        member = members.ensure(guild, "ann", "Ann").id
        for place in ("general", "art"):
            channel = guilds.ensure_channel(guild, place).id
            lines = [
                messages.NewMessage(
                    channel, member, f"{place}{n}", rng.randrange(99), line_of(rng)
                )
                for n in range(60)
            ]
            messages.add_many(guild, lines)


def line_of(rng: Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(1, 4)))


def _by_reading(
    guild: GuildId, channel: int | None, words: str, before: tuple[int, int] | None
) -> list[int]:
    """Find messages without the index, as SQLite compares: without case in ASCII."""
    order = "id DESC" if channel is None else "ts DESC, id DESC"
    found = run(
        bound(),
        "SELECT id, ts, text FROM message WHERE guild_id = ?"
        f" AND COALESCE(channel_id = ?, TRUE) ORDER BY {order}",
        (guild, channel),
    )
    forms = [words]
    if not words.isascii():
        forms += [words.lower(), words.upper(), words.capitalize()]
    return [
        row
        for row, ts, text in found
        if any(_ascii_lower(form) in _ascii_lower(text) for form in forms)
        and (before is None or (ts, row) < before)
    ]


def _ascii_lower(text: str) -> str:
    return "".join(one.lower() if one.isascii() else one for one in text)


@pytest.mark.parametrize("indexed", [0, 130, 1000])
def test_a_search_finds_what_a_reading_of_every_message_finds(
    indexed: int, db: Database, two_guilds: Random
) -> None:
    def look() -> None:
        messages.extend_index(indexed)
        channels = [one.id for one in guilds.channels(GuildId(1))]
        for words in ASKED:
            for channel, before in (
                (None, None), (channels[0], None), (channels[1], (50, 10**6)),
            ):  # fmt: skip
                wanted = _by_reading(GuildId(1), channel, words, before)
                for limit in (3, 1000):
                    page = messages.page(
                        GuildId(1),
                        channel=channel,
                        containing=words,
                        before=before,
                        limit=limit,
                    )
                    assert [one.id for one in page] == wanted[:limit], (words, channel)

    db.call(look)


def test_a_search_without_words_finds_nothing(db: Database, guild: GuildId) -> None:
    assert db.call(lambda: message_search.newest(bound(), Sought(()), 5)) == []
