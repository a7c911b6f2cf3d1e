"""Settings of learning and of the chain."""

from dataclasses import dataclass

from app.settings import validators
from app.settings.declaration import setting


@dataclass(frozen=True)
class VoiceSettings:
    """The Markov voice."""

    state_size: int = setting(
        2,
        "Words of context for each step of the chain.",
        scope="guild",
        low=1,
        high=6,
        snapshots="any",
    )
    max_run: int = setting(
        8,
        "Longest run of words from one message.",
        scope="guild",
        low=3,
        high=24,
        snapshots="any",
    )
    min_score: float = setting(
        25.0,
        "Minimum score of a line.",
        scope="guild",
        low=0,
        high=100,
        snapshots="any",
    )
    max_tries: int = setting(
        20,
        "Attempts at one line.",
        scope="guild",
        low=1,
        high=1000,
        snapshots="any",
    )
    lean: int = setting(
        16,
        "Weight of a message of the channel that it speaks in, beside one from"
        " elsewhere; 1 makes them equal.",
        scope="channel",
        low=1,
        high=100,
        snapshots="any",
    )


@dataclass(frozen=True)
class LearnSettings:
    """The messages that are learned, and those that are dropped before learning."""

    patterns: list[str] = setting(
        [],
        "Regular expressions; matching messages are not learned.",
        scope="guild",
        means=validators.pattern,
        list_means=validators.few_patterns,
    )
    words: list[str] = setting(
        [],
        "Words; messages with one of them are not learned.",
        scope="guild",
        list_means=validators.few_words,
    )
    skip_links: bool = setting(
        False, "Skip messages that are only a link.", scope="guild"
    )
    secrets: bool = setting(
        False,
        "Learn messages with a key, password, address, phone number or e-mail address."
        " The bot never says any of these.",
        scope="guild",
        snapshots="never",
    )
    tuning_channels: list[str] = setting(
        [],
        "Channels open for tuning a model, on messages of members who agreed. It speaks"
        " everywhere, so channels that not everyone can see stay out.",
        scope="guild",
        means=validators.channel,
        snapshots="never",
    )
    forget_banned: bool = setting(
        True, "Forget what a member wrote when they are banned.", scope="guild"
    )
    forget_deleted_channels: bool = setting(
        True,
        "Forget a channel or thread when it is deleted on Discord.",
        scope="guild",
    )
    forget_deleted_accounts: bool = setting(
        True,
        "Forget what a person wrote when Discord shows their account as deleted.",
        scope="guild",
    )
    proxied: bool = setting(
        False,
        "Treat the names that PluralKit, Tupperbox and other webhooks write under as"
        " people.",
        scope="channel",
    )
    delete_own_lines: bool = setting(
        False,
        "Delete the bot's messages on Discord that drew on forgotten messages.",
        scope="guild",
    )
    skip_mentions: bool = setting(
        False, "Skip messages that are only a mention.", scope="guild"
    )


@dataclass(frozen=True)
class StoreSettings:
    """The database."""

    url: str = setting(
        "",
        "The home's database on PostgreSQL, such as postgresql://mynah@localhost/mynah,"
        " without a password; empty means the file mynah.db. `mynah move` moves the"
        " database and sets it. It holds from the next start.",
        means=validators.store_address,
    )
