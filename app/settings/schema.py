"""Definitions of all settings, one frozen dataclass per section."""

from dataclasses import dataclass, field
from typing import Any, Literal

from app.settings import base_url, validators
from app.settings.base_url import Address
from app.settings.validators import ListMeaning, TextMeaning, named, one_line

Scope = Literal["home", "guild", "channel"]
"""The narrowest scope of a setting."""

Value = str | int | float | bool | list[str]


Snapshots = Literal["never", "own", "any"]
"""Snapshots that change a setting: none; those taken here; also a stranger's file."""


def setting(
    default: Value,
    doc: str,
    *,
    scope: Scope = "home",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    means: TextMeaning = validators.plain,
    list_means: ListMeaning | None = None,
    empty: str = "none",
    snapshots: Snapshots = "own",
) -> Any:
    """Declare one setting; readers get it as a `setting_keys.Key`.

    Args:
        means: The meaning of the text, or of every text of a list.
        list_means: The meaning of the list as a whole.
        empty: The word for an empty list.
    """
    metadata = dict(
        doc=doc,
        scope=scope,
        low=low,
        high=high,
        choices=choices,
        means=means,
        list_means=list_means,
        empty=empty,
        snapshots=snapshots,
    )
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


FIXED_MODES = ("markov", "llm", "hybrid")
MODES = ("auto", *FIXED_MODES)


@dataclass(frozen=True)
class BotSettings:
    """The bot's appearance on Discord."""

    name: str = setting(
        "Mynah",
        "The bot's name in prompts.",
        scope="guild",
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
    prefix: str = setting(
        "!mark", "Prefix of commands typed as messages.", means=validators.word
    )
    owners: list[str] = setting(
        [], "Discord ids of people who may use every command.", means=validators.person
    )
    allowed_roles: list[str] = setting(
        [],
        "Roles (names or ids) that may make the bot speak; empty means everyone.",
        empty="everyone",
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
        "Place of the language model: here or in the cloud.",
        scope="guild",
        choices=("local", "openai"),
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
        "Maximum short messages in a row, if the server writes like that.",
        scope="channel",
        low=1,
        high=4,
        snapshots="any",
    )
    markov_seconds: float = setting(
        0.1, "Time limit for a reply by the chain.", low=0.01, high=600
    )
    llm_seconds: float = setting(
        2.0, "Time limit for a reply by the model.", low=0.2, high=600
    )
    hybrid_seconds: float = setting(
        2.5, "Time limit for a hybrid reply.", low=0.2, high=600
    )
    stream: bool = setting(
        False, "Show a reply while it is being written, by editing it.", scope="channel"
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
class SpeakSettings:
    """The conditions for speaking without a command."""

    mentions: bool = setting(True, "Answer mentions and replies.", scope="channel")
    wake_words: list[str] = setting(
        [], "Words that call the bot.", scope="channel", means=one_line(100)
    )
    join_in: float = setting(
        0.0,
        "Chance of joining in on any message, if a line fits what was said.",
        scope="channel",
        low=0,
        high=1,
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
    max_age_seconds: int = setting(
        300,
        "Age after which a mention missed during downtime gets no answer.",
        low=0,
        high=604800,
    )


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
    delete_own_lines: bool = setting(
        False,
        "Delete the bot's messages on Discord that drew on forgotten messages.",
        scope="guild",
    )
    skip_mentions: bool = setting(
        False, "Skip messages that are only a mention.", scope="guild"
    )


@dataclass(frozen=True)
class ModelSettings:
    """The language model on this machine."""

    name: str = setting(
        "starter",
        "A model's name from models.txt, or the path of a GGUF file.",
        scope="home",
        means=named(1000),
    )
    adapter: str = setting(
        "",
        "Full path of a LoRA adapter for the model, in GGUF.",
        scope="guild",
        means=validators.adapter,
        snapshots="never",
    )
    context: int = setting(
        6144,
        "Context size in tokens, shared equally by 6 conversations.",
        low=512,
        high=1048576,
    )
    threads: int = setting(
        0, "Threads; 0 picks the number that reads fastest here.", low=0, high=1024
    )
    gpu_layers: int = setting(
        0, "Layers offloaded to the GPU; -1 means all.", low=-1, high=10000
    )
    idle_minutes: float = setting(
        30,
        "Unload the model after this time without work; 0 means never.",
        low=0,
        high=100000,
    )
    temperature: float = setting(0.8, "Sampling temperature.", low=0, high=2)
    top_p: float = setting(0.95, "Nucleus sampling.", low=0.05, high=1)
    seed: int = setting(
        -1, "Sampling seed; -1 draws a new one each time.", low=-1, high=2147483647
    )


@dataclass(frozen=True)
class OpenAISettings:
    """OpenAI, or any server with its API."""

    base_url: str = setting(
        "https://api.openai.com/v1/", "The API's address.", means=validators.address
    )
    own_hosts: list[str] = setting(
        [],
        "Other computers of yours, such as `gpu.lan`: no cloud, and free.",
        means=validators.own_host,
        snapshots="never",
    )
    model: str = setting(
        "gpt-4o-mini",
        "Model to request.",
        scope="guild",
        means=named(200),
        snapshots="never",
    )
    daily_budget: float = setting(
        0.0,
        "Daily budget in US dollars; 0 means no limit.",
        scope="guild",
        low=0,
        high=1000000,
        snapshots="never",
    )
    monthly_budget: float = setting(
        5.0,
        "Monthly budget in US dollars; 0 means no limit.",
        scope="guild",
        low=0,
        high=1000000,
        snapshots="never",
    )

    @property
    def address(self) -> Address:
        """The destination of requests.

        Raises:
            ConfigError: If it is not an address.
        """
        return base_url.parse(self.base_url, self.own_hosts)


@dataclass(frozen=True)
class MemorySettings:
    """Embeddings and recall."""

    enabled: bool = setting(True, "Recall earlier messages by meaning.", scope="guild")
    model: str = setting("built-in", "Embedding model.", means=named(200))
    recall: int = setting(
        3, "Number of moments to recall.", scope="channel", low=0, high=20
    )
    cap_megabytes: int = setting(
        1024, "Maximum disk space for one server.", scope="guild", low=1, high=10000000
    )


@dataclass(frozen=True)
class ContextSettings:
    """The parts of a prompt; unused shares go to the turns."""

    tokens: int = setting(
        0,
        "Maximum tokens of a prompt; 0 means what fits in time, 1500 in the cloud.",
        scope="guild",
        low=0,
        high=1048576,
    )
    recall: int = setting(
        25,
        "Maximum percent of a prompt for recalled moments.",
        scope="guild",
        low=0,
        high=80,
    )
    summary: int = setting(
        15,
        "Maximum percent of a prompt for the conversation's summary.",
        scope="guild",
        low=0,
        high=80,
    )
    examples: int = setting(
        25,
        "Maximum percent of a cloud prompt for example lines and drafts.",
        scope="guild",
        low=0,
        high=80,
    )
    summary_billions: float = setting(
        1.5,
        "Minimum size of a model for summaries, in billions of parameters.",
        low=0,
        high=10000,
    )


@dataclass(frozen=True)
class Config:
    """All settings of one home."""

    bot: BotSettings = field(default_factory=BotSettings)
    reply: ReplySettings = field(default_factory=ReplySettings)
    speak: SpeakSettings = field(default_factory=SpeakSettings)
    voice: VoiceSettings = field(default_factory=VoiceSettings)
    learn: LearnSettings = field(default_factory=LearnSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    openai: OpenAISettings = field(default_factory=OpenAISettings)
    memory: MemorySettings = field(default_factory=MemorySettings)
    context: ContextSettings = field(default_factory=ContextSettings)
