"""Definitions of all settings, one frozen dataclass per section."""

from dataclasses import dataclass, field
from typing import Any, Literal

Scope = Literal["home", "guild", "channel"]
"""The narrowest place a setting can be changed for."""

Value = str | int | float | bool | list[str]


def setting(
    default: Value,
    doc: str,
    *,
    scope: Scope = "home",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare one setting; readers get it as a `setting_keys.Key`."""
    metadata = dict(doc=doc, scope=scope, low=low, high=high, choices=choices)
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


MODES = ("auto", "markov", "llm", "hybrid")


@dataclass(frozen=True)
class BotSettings:
    """The bot's appearance on Discord."""

    name: str = setting("Mynah", "Name the bot has in prompts.", scope="guild")
    activity: str = setting("", "Activity text under the bot's name.")
    command: str = setting("mark", "Name of the slash command that makes it speak.")
    prefix: str = setting("!mark", "Prefix of the message form of the commands.")
    owners: list[str] = setting([], "Discord ids of people who may do everything.")
    allowed_roles: list[str] = setting(
        [], "Roles (names or ids) that may make it speak; empty means everyone."
    )
    keep_days_after_leaving: int = setting(
        30, "Days a guild's data is kept after the bot left it; 0 keeps it.", low=0
    )


@dataclass(frozen=True)
class ReplySettings:
    """The making of replies."""

    mode: str = setting("auto", "Who writes the words.", scope="channel", choices=MODES)
    provider: str = setting(
        "local",
        "Where the language model runs.",
        scope="guild",
        choices=("local", "openai"),
    )
    dial: int = setting(
        50, "The voice dial: 0 model, 100 chain.", scope="channel", low=0, high=100
    )
    local_only: bool = setting(
        False, "Nothing of this guild ever leaves the machine.", scope="guild"
    )
    cloud_consent: bool = setting(
        False, "The owner agreed that messages go to the cloud.", scope="guild"
    )
    split: list[str] = setting(
        [],
        "Two ways between which real replies alternate, to compare them by feedback:"
        " `llm, hybrid 70`.",
        scope="guild",
    )
    candidates: int = setting(
        5,
        "Hybrid lines the model here writes, of which the one closest to the"
        " conversation is sent; a reply that streams has one.",
        scope="channel",
        low=1,
        high=8,
    )
    persona: str = setting("", "Who the bot is, in plain words.", scope="channel")
    max_words: int = setting(
        60, "Longest reply, in words.", scope="channel", low=1, high=400
    )
    lines: int = setting(
        3,
        "Most short messages in a row, where the guild writes so; 1 is always one.",
        scope="channel",
        low=1,
        high=4,
    )
    markov_seconds: float = setting(0.1, "Deadline of a chain reply.", low=0.01)
    llm_seconds: float = setting(2.0, "Deadline of a model reply.", low=0.2)
    hybrid_seconds: float = setting(2.5, "Deadline of a hybrid reply.", low=0.2)
    stream: bool = setting(
        False, "Show a reply while it is written, by edits.", scope="channel"
    )
    self_tune: bool = setting(
        False, "Chooses mode and dial itself, by what people like.", scope="guild"
    )
    tune_modes: list[str] = setting(
        ["markov", "llm", "hybrid"], "Modes it may choose among.", scope="guild"
    )
    tune_dial_low: int = setting(
        20, "Lowest dial it may choose.", scope="guild", low=0, high=100
    )
    tune_dial_high: int = setting(
        80, "Highest dial it may choose.", scope="guild", low=0, high=100
    )
    shadow: bool = setting(
        False, "Drafts wait for the owner; nothing is sent by itself.", scope="guild"
    )


@dataclass(frozen=True)
class SpeakSettings:
    """The conditions for speaking without a command."""

    mentions: bool = setting(True, "Answer mentions and replies.", scope="channel")
    wake_words: list[str] = setting([], "Words that call it.", scope="channel")
    join_in: float = setting(
        0.0, "Chance to join in on any message.", scope="channel", low=0, high=1
    )
    follow_up_seconds: int = setting(
        0, "Keeps talking this long after it spoke.", scope="channel", low=0
    )
    burst_seconds: float = setting(
        0.0, "Waits for a burst of messages to end.", scope="channel", low=0, high=30
    )
    quiet_hours: str = setting("", "Local hours of silence: 23-7.", scope="channel")
    channels: list[str] = setting(
        [], "Channels it may speak in; empty means all.", scope="guild"
    )
    user_cooldown_seconds: float = setting(
        2.0, "Least time between replies to one person.", scope="guild", low=0
    )
    guild_per_minute: int = setting(
        30, "Most replies a minute in one guild.", scope="guild", low=1
    )
    react: float = setting(
        0.0, "Chance to react with an emoji instead.", scope="channel", low=0, high=1
    )
    max_age_seconds: int = setting(
        300, "A mention older than this is not answered after downtime.", low=0
    )


@dataclass(frozen=True)
class VoiceSettings:
    """The Markov voice."""

    state_size: int = setting(
        2, "Words of context a walk looks at.", scope="guild", low=1, high=6
    )
    max_run: int = setting(
        8, "Longest run of words from one message.", scope="guild", low=3, high=24
    )
    min_score: float = setting(
        25.0, "A walk below this score is thrown back.", scope="guild", low=0, high=100
    )
    max_tries: int = setting(
        20, "Walks tried for one line.", scope="guild", low=1, high=1000
    )


@dataclass(frozen=True)
class LearnSettings:
    """The messages that are learned, and those that are dropped before learning."""

    patterns: list[str] = setting(
        [], "Regular expressions of messages not to learn.", scope="guild"
    )
    words: list[str] = setting(
        [], "Messages with one of these words are not learned.", scope="guild"
    )
    skip_links: bool = setting(
        False, "Messages that are only a link are not learned.", scope="guild"
    )
    tuning_channels: list[str] = setting(
        [],
        "Channels whose messages a model may be tuned on, of members who agreed.",
        scope="guild",
    )
    skip_mentions: bool = setting(
        False, "Messages that are only a mention are not learned.", scope="guild"
    )


@dataclass(frozen=True)
class ModelSettings:
    """The language model on this machine."""

    name: str = setting(
        "starter", "A name of models.txt, or the path of a GGUF file.", scope="home"
    )
    adapter: str = setting(
        "", "Whole path of a LoRA adapter in GGUF for the model.", scope="guild"
    )
    context: int = setting(
        6144, "Context size in tokens, in equal parts for 6 conversations.", low=512
    )
    threads: int = setting(
        0, "Threads; 0 takes the number that reads fastest here.", low=0
    )
    gpu_layers: int = setting(0, "Layers offloaded to the GPU; -1 means all.", low=-1)
    idle_minutes: float = setting(
        30, "Unloads after this time without work; 0 never.", low=0
    )
    temperature: float = setting(0.8, "Sampling temperature.", low=0, high=2)
    top_p: float = setting(0.95, "Nucleus sampling.", low=0.05, high=1)
    seed: int = setting(-1, "Seed of sampling; -1 draws one.", low=-1)


@dataclass(frozen=True)
class OpenAISettings:
    """OpenAI, or any server with its API."""

    base_url: str = setting("https://api.openai.com/v1/", "Address of the API.")
    model: str = setting("gpt-4o-mini", "Model asked for.", scope="guild")
    daily_budget: float = setting(
        0.0, "Most money a day, in US dollars; 0 means no limit.", scope="guild", low=0
    )
    monthly_budget: float = setting(
        5.0, "Most money a month; 0 means no limit.", scope="guild", low=0
    )


@dataclass(frozen=True)
class MemorySettings:
    """Embeddings and recall."""

    enabled: bool = setting(True, "Remember by meaning.", scope="guild")
    model: str = setting("built-in", "Embedding model.")
    recall: int = setting(3, "Moments recalled.", scope="channel", low=0, high=20)
    cap_megabytes: int = setting(1024, "Most disk a guild may use.", scope="guild")


@dataclass(frozen=True)
class ContextSettings:
    """The parts of a prompt; unused shares go to the turns."""

    tokens: int = setting(
        0,
        "Most tokens of a prompt; 0 takes what can be read in time, 1500 in the cloud.",
        scope="guild",
        low=0,
    )
    recall: int = setting(
        25,
        "Percent of it that recalled moments may fill.",
        scope="guild",
        low=0,
        high=80,
    )
    summary: int = setting(
        15,
        "Percent that the summary of a long conversation may fill.",
        scope="guild",
        low=0,
        high=80,
    )
    examples: int = setting(
        25,
        "Percent that example lines and drafts may fill, for a cloud model.",
        scope="guild",
        low=0,
        high=80,
    )
    summary_billions: float = setting(
        1.5,
        "A local model of fewer billion parameters is not asked for summaries.",
        low=0,
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
