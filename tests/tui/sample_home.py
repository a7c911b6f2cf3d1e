"""A home with two guilds, a day of talk and replies; the same every time."""

import random
from typing import Any

from app.core.names import GuildId
from app.core.paths import Home
from app.store import guilds, members, messages, replies, reply_links, usage
from app.store.database import Database
from app.store.reply.reply_sources import SourceMessage
from app.store.tables import Reply

NOW = 1_699_996_400.0
"""The clock of the pictures: a quarter past nine in the evening."""

HOUR_MS = 3_600_000

SAID = (
    "if music be the food of love, I was adored once too",
    "by my troth, what country is this, friends?",
    "better a witty fool, and I'll drink to her",
    "are you mad, lady? this is Illyria",
    "you must come in earlier, my masters",
    "a plague o' both your nights, play on",
)
"""What the bot said, in turn."""

TALK = (
    ("Viola", "what country, friends, is this?"),
    ("Captain", "this is Illyria, lady"),
    ("Toby", "a plague o' both your bots, I'll drink to her"),
    ("Maria", "by my troth you must come in earlier o' nights"),
    ("Feste", "better a witty fool than a foolish wit"),
    ("Andrew", "I was adored once too"),
    ("Orsino", "if music be the food of love, play on"),
    ("Malvolio", "my masters, are you mad? or what are you?"),
)


def make_home(root: Any) -> Home:
    """A filled home at that path."""
    home = Home(root).create()
    with Database(home.database) as database:
        database.call(_fill)
    return home


def _fill() -> None:
    chance = random.Random(7)
    players = guilds.ensure("The Players", "9001")
    rust = guilds.ensure("Rust & Rye", "9002")
    for guild, names in ((players, ("tavern", "stage", "off-topic")), (rust, ("bar",))):
        for channel_name in names:
            _talk(guild.id, channel_name, chance)
    _replies(players.id, chance)
    _draft(rust.id)


def _talk(guild: GuildId, channel_name: str, chance: random.Random) -> None:
    channel = guilds.ensure_channel(guild, channel_name, f"{guild}-{channel_name}")
    start, rows = int(NOW * 1000) - 2 * HOUR_MS, []
    for number in range(40):
        name, text = TALK[(number + chance.randrange(3)) % len(TALK)]
        member = members.ensure(guild, f"hash-{name}", name)
        external = f"{guild}{channel.id}{number:04d}"
        ts = start + number * 150_000
        row = messages.add(
            guild, messages.NewMessage(channel.id, member.id, external, ts, text)
        )
        assert row is not None
        rows.append(row)
    of_eight = [
        reply_links.NewLink(row, None, rows[n // 8 * 8], 1.0)
        for n, row in enumerate(rows)
    ]
    reply_links.put_many(of_eight)


def _replies(guild: GuildId, chance: random.Random) -> None:
    channel = guilds.find_channel(guild, "tavern")
    assert channel is not None
    for days in range(29, 0, -1):
        _past_day(guild, days, chance)
    for number in range(60):
        provider = chance.choices(("local", "markov", "openai"), (6, 3, 1))[0]
        row = replies.claim(guild, channel.id, "mention", f"t{number}")
        assert row is not None
        total = {"local": 900, "markov": 9, "openai": 1400}[provider]
        total += chance.randrange(total // 3)
        replies.finish(row, _story(provider, total, number), _sources())
        ago = sum(_minutes(later) for later in range(number, 59))
        created = int(NOW * 1000) - 60_000 * (1 + ago)
        Reply.update(created=created).where(Reply.id == row).execute()
        if provider == "openai":
            cost = 0.0004 * chance.randrange(1, 9)
            entry = usage.UsageEntry(
                "openai", "gpt-4o-mini", guild, row, 640, 0, 32, cost, 2900,
                "api.openai.com",
            )  # fmt: skip
            usage.add(entry, created)


def _minutes(number: int) -> int:
    """Between one reply and the next: little in the evening, much at night."""
    return 9 + number * 7 % 23 + (90 if number % 17 == 3 else 0)


def _past_day(guild: GuildId, days: int, chance: random.Random) -> None:
    """What the cloud wrote on an earlier day."""
    cost = 0.004 * chance.randrange(1, 9) * (1 + (days % 7 in (0, 6)))
    at = int(NOW * 1000) - days * 24 * HOUR_MS
    row = replies.claim(guild, None, "mention", f"past{days}")
    assert row is not None
    fields = _story("openai", 1400, days) | {"cost": cost}
    replies.finish(row, fields, [])
    Reply.update(created=at).where(Reply.id == row).execute()
    entry = usage.UsageEntry(
        "openai", "gpt-4o-mini", guild, row, 6400, 0, 320, cost, 29_000,
        "api.openai.com",
    )  # fmt: skip
    usage.add(entry, at)


def _story(provider: str, total: int, number: int) -> dict[str, Any]:
    openai = {"provider": "openai", "outcome": "skipped", "reason": "budget is spent"}
    return {
        "state": "sent",
        "text": SAID[number % len(SAID)],
        "sent": [f"s{number}"],
        "mode": "markov" if provider == "markov" else "hybrid",
        "provider": provider,
        "model": "" if provider == "markov" else "SmolLM2-135M",
        "dial": 60,
        "rungs": [openai, {"provider": provider, "outcome": "answered", "reason": ""}],
        "turns": [
            ["Toby", "a plague o' both your bots, I'll drink to her", 3],
            ["Viola", "mynah, what say you?", 1],
        ],
        "recalled": [5],
        "shares": [100, 60, 20, 0, 90, 50, 10, 70],
        "filled": {"persona": 24, "recalled": 90, "conversation": 210, "channel": 88},
        "notes": [],
        "timings": {
            "gate": 1.2, "context": 6.0, "recall": 14.0, "first_token": total * 0.3,
            "write": total * 0.6, "finish": 2.0, "total": total,
        },
        "prompt_tokens": 412,
        "cached_tokens": 300,
        "completion_tokens": 24,
        "cost": 0.0004 if provider == "openai" else 0.0,
    }  # fmt: skip


def _sources() -> list[SourceMessage]:
    return [
        SourceMessage(7, 7, "if music be the food of love"),
        SourceMessage(6, 5, "I was adored once too"),
    ]


def _draft(guild: GuildId) -> None:
    channel = guilds.find_channel(guild, "bar")
    assert channel is not None
    row = replies.claim(guild, channel.id, "mention", "d1")
    assert row is not None
    fields = _story("local", 1100, 99) | {"state": "draft", "sent": []}
    replies.finish(row, fields, [])
    Reply.update(created=int(NOW * 1000) - 30_000).where(Reply.id == row).execute()
