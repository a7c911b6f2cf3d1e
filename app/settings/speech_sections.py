"""Settings of the bot on Discord and of its replies."""

from dataclasses import dataclass

from app.core.never_said import never_said
from app.settings import host_names, validators
from app.settings.declaration import AUTO, setting
from app.settings.validators import named, one_line

NAMELESS = "someone"
"""The word for a person whose name is unknown, or never said."""

FIXED_MODES = ("markov", "llm", "hybrid")
MODES = ("auto", *FIXED_MODES)

TIMBRES = ("off", *(f"{kind}{number}" for kind in "FM" for number in range(1, 6)))
"""The voices of a model that speaks aloud."""


@dataclass(frozen=True)
class BotSettings:
    """The bot's appearance on Discord."""

    name: str = setting(
        "Mynah",
        "The bot's name in prompts.",
        scope="channel",
        means=named(80),
        snapshots="any",
    )
    activity: str = setting(
        "", "Activity text under the bot's name.", means=one_line(128)
    )
    command: str = setting(
        "mark",
        "Name of the slash command that makes the bot speak.",
        means=validators.command,
    )
    proxy: str = setting(
        "",
        "Proxy on the way to Discord, such as http://proxy.lan:3128.",
        means=validators.proxy_address,
    )
    updates: bool = setting(
        False,
        "Ask the releases page for a newer version once a day, and let `mynah update`"
        " fetch it.",
    )
    prefix: str = setting(
        "!mark", "Prefix of commands typed as messages.", means=validators.word
    )
    owners: list[str] = setting(
        [], "Discord ids of people who may use every command.", means=validators.person
    )
    servers: list[str] = setting(
        [],
        "Discord ids of the servers where the bot works; empty means all.",
        means=validators.server,
        empty="all",
    )
    other_servers: str = setting(
        "silent",
        "On other servers the bot stays silent and learns nothing, or leaves.",
        choices=("silent", "leave"),
    )
    allowed_roles: list[str] = setting(
        [],
        "Roles (names or ids) that may make the bot speak; empty means everyone.",
        empty="everyone",
        means=validators.role,
    )
    direct_messages: bool = setting(
        False, "Answer direct messages of owners and of `bot.direct_people`."
    )
    direct_people: list[str] = setting(
        [],
        "Discord ids of other people whose direct messages are answered.",
        means=validators.person,
    )
    keep_days_after_leaving: int = setting(
        30,
        "Days to keep a server's data after the bot leaves; 0 keeps it forever.",
        low=0,
        high=36500,
    )


@dataclass(frozen=True)
class ReplySettings:
    """The making of replies."""

    mode: str = setting(
        "auto",
        "Source of the words: the chain, the model, or both.",
        scope="channel",
        choices=MODES,
        snapshots="any",
    )
    provider: str = setting(
        "local",
        "Place of the language model: `local` is this computer, any other name a host."
        " Several are tried in their order: `local, pc, openrouter`.",
        scope="guild",
        means=host_names.places,
        snapshots="never",
    )
    dial: int = setting(
        50,
        "Voice dial: 0 is the model alone, 100 the chain alone.",
        scope="channel",
        low=0,
        high=100,
        snapshots="any",
    )
    local_only: bool = setting(
        False,
        "Never send data of this server to the cloud.",
        scope="guild",
        snapshots="never",
    )
    split: list[str] = setting(
        [],
        "Two modes that take turns in real replies, to compare their feedback:"
        " `llm, hybrid 70`.",
        scope="guild",
        means=validators.way,
        list_means=validators.two_ways,
    )
    candidates: int = setting(
        5,
        "Hybrid lines that the model here writes for one reply; the one closest to the"
        " conversation is sent; a reply that streams has one.",
        scope="channel",
        low=1,
        high=8,
        snapshots="any",
    )
    persona: str = setting(
        "", "The bot's character, in plain words.", scope="channel", snapshots="any"
    )
    max_words: int = setting(
        60,
        "Maximum length of a reply, in words.",
        scope="channel",
        low=1,
        high=400,
        snapshots="any",
    )
    lines: int = setting(
        3,
        "Most short messages in a row, where the server writes like that.",
        scope="channel",
        low=1,
        high=4,
        snapshots="any",
    )
    markov_seconds: float = setting(
        0.1, "Time limit for a reply by the chain.", low=0.01, high=600
    )
    llm_seconds: float | str = setting(
        AUTO,
        "Time limit for a reply by the model; auto fits it to the model's speed here:"
        " 2.5 s where that is enough, 8 s at most.",
        low=0.2,
        high=600,
        number=float,
    )
    hybrid_seconds: float | str = setting(
        AUTO,
        "Time limit for a hybrid reply; auto as for `reply.llm_seconds`.",
        low=0.2,
        high=600,
        number=float,
    )
    stream: bool = setting(
        False, "Show a reply while it is being written, by editing it.", scope="channel"
    )
    buttons: bool = setting(
        True,
        "Show buttons under replies: Stop while one streams, then Again.",
        scope="channel",
    )
    self_tune: bool = setting(
        False, "Let the bot choose mode and dial from people's feedback.", scope="guild"
    )
    tune_modes: list[str] = setting(
        ["markov", "llm", "hybrid"],
        "Modes that the bot may choose.",
        scope="guild",
        snapshots="never",
        means=validators.mode,
        list_means=validators.not_empty,
    )
    tune_dial_low: int = setting(
        20,
        "Lowest dial that the bot may choose.",
        scope="guild",
        low=0,
        high=100,
        snapshots="never",
    )
    tune_dial_high: int = setting(
        80,
        "Highest dial that the bot may choose.",
        scope="guild",
        low=0,
        high=100,
        snapshots="never",
    )
    shadow: bool = setting(
        False, "Hold every reply as a draft until the owner approves it.", scope="guild"
    )


@dataclass(frozen=True)
class GamesSettings:
    """Games with the learned messages."""

    origin: bool = setting(
        True,
        "`/origin` tells who said a phrase first, and how it spread.",
        scope="guild",
    )
    whosaid: bool = setting(
        True,
        "`/whosaid` shows lines of which one is a member's, and members guess which.",
        scope="guild",
    )
    wrapped: bool = setting(
        True, "`/wrapped` shows the server's year as pictures.", scope="guild"
    )


@dataclass(frozen=True)
class SpeakSettings:
    """The conditions for speaking without a command."""

    mentions: bool = setting(True, "Answer mentions and replies.", scope="channel")
    wake_words: list[str] = setting(
        [], "Words that call the bot.", scope="channel", means=one_line(100)
    )
    join_in: float = setting(
        0.0,
        "Chance of joining in on any message, if a line fits the talk.",
        scope="channel",
        low=0,
        high=1,
    )
    never_say: list[str] = setting(
        [],
        "Words that the bot never says, with their inflections; `*` stands for any"
        " letters, as in `smeg*`.",
        scope="guild",
        means=one_line(100),
        list_means=validators.never_say,
        snapshots="never",
    )
    follow_up_seconds: int = setting(
        0,
        "Time after a reply during which the bot keeps talking.",
        scope="channel",
        low=0,
        high=86400,
    )
    burst_seconds: float = setting(
        0.0,
        "Pause after which several messages count as complete.",
        scope="channel",
        low=0,
        high=30,
    )
    start_after_hours: float = setting(
        0.0,
        "Hours without a message after which the bot starts talk; 0 means never.",
        scope="channel",
        low=0,
        high=8760,
    )
    start_at: list[str] = setting(
        [],
        "Times at which the bot starts talk, in the time zone of the computer that it"
        " runs on, such as `09:00 weekdays in #general`.",
        scope="guild",
        means=validators.start_time,
        list_means=validators.few_starts,
        empty="never",
    )
    start_every_hours: float = setting(
        24.0,
        "Minimum hours until the bot starts talk again in a channel that is quiet; set"
        " times are all kept.",
        scope="channel",
        low=0.1,
        high=8760,
    )
    quiet_hours: str = setting(
        "",
        "Local hours of silence, such as 23-7 or 23:30-07:00.",
        scope="channel",
        means=validators.hours,
    )
    channels: list[str] = setting(
        [],
        "Channels it may speak in; empty means all, `none` means none.",
        scope="guild",
        means=validators.channel,
        list_means=validators.channels_or_none,
        empty="all",
    )
    user_cooldown_seconds: float = setting(
        2.0,
        "Minimum time between replies to one person.",
        scope="guild",
        low=0,
        high=86400,
    )
    guild_per_minute: int = setting(
        30,
        "Maximum replies per minute on one server.",
        scope="guild",
        low=1,
        high=10000,
    )
    react: float = setting(
        0.0, "Chance of reacting with an emoji instead.", scope="channel", low=0, high=1
    )
    imitate: bool = setting(
        False,
        "Let `/like` and `/duet` speak like members who agreed with `/privacy voice`.",
        scope="guild",
        snapshots="never",
    )
    aloud: str = setting(
        "off",
        "Answer voice messages with voice messages, in one of ten voices: F1 to F5"
        " are of women, M1 to M5 of men; needs `model.mouth`.",
        scope="channel",
        choices=TIMBRES,
        snapshots="never",
    )
    webhooks: bool = setting(
        False,
        "Let characters speak under their own names and pictures, through webhooks that"
        " the bot makes where it may manage them.",
        scope="guild",
        snapshots="never",
    )
    max_age_seconds: int = setting(
        300,
        "Age after which a mention missed during downtime gets no answer.",
        low=0,
        high=604800,
    )

    @property
    def starts_talk(self) -> bool:
        """Tell if the bot starts talk itself."""
        return bool(self.start_at or self.start_after_hours)

    def forbids(self, text: str) -> bool:
        """Tell if a text has a word that is never said here."""
        return never_said(tuple(self.never_say)).found_in(text)

    def sayable_name(self, name: str) -> str:
        """Return a person's name, or another word for one that is never said here."""
        return name if name and not self.forbids(name) else NAMELESS
