"""The catalogue of what the TUI and the command line may ask of the bot.

A request is a frozen dataclass with the wire's `method` name; the bot's service has one
handler of that name. Replies are the JSON objects of the command line's `--json`.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

Json = dict[str, Any]


@dataclass(frozen=True)
class Status:
    """State of the whole chain.

    Keys: `version`, `name`, `discord` (`state`: off, connecting, online, refused;
    `reason`, `hint`, `user`, `invite`, `latency_ms`), `model` (`name`, `state`: ready,
    loading, absent, crashed, idle; `reason`, `hint`), `mode`, `provider`, `dial`,
    `has_bot_token`, `has_openai_key`, `tokens_per_second`,
    `prompt_tokens_per_second`, `queue`, `today` (`messages`, `replies`, `cost`),
    `month_cost`, `monthly_budget`, `uptime_seconds`, `events` (`at`, `text`: what
    supervision did and why, newest last). Every key may be missing; the asker shows
    what there is.
    """

    method: ClassVar[str] = "status"


@dataclass(frozen=True)
class Guilds:
    """What is learned; `guilds` has a guild each.

    Keys: `row`, `id`, `guild` (its name), `messages`, `words`, `voice` (state in
    words), `embeddings`, `backlog`, `bytes`, `mode`, `provider`, `dial`, `join_in`,
    `shadow`, `local_only`, `opted_out`, `last_reply` (seconds since the epoch).
    """

    method: ClassVar[str] = "guilds"


@dataclass(frozen=True)
class Say:
    """One reply, made but not sent; streams `Token` notifications if asked to.

    Keys: those of `mynah say --json`, and `reply` (its row), `guild`, `model`, `parts`,
    `notes`, `left_out`; with `explain` also `prompt` ([speaker, text] each),
    `drawn` (`id`, `author`, `text`, `words`, `run`) and `moments`.
    """

    method: ClassVar[str] = "say"
    guild: str
    """A guild's name or Discord id."""
    text: str
    channel: str | None = None
    author: str = "you"
    mode: str | None = None
    provider: str | None = None
    voice: int | None = None
    """The dial, 0-100; None is the guild's own."""
    seed: str | None = None
    max_ms: int | None = None
    explain: bool = False
    stream: int | None = None
    """A number chosen by the asker; `Token` notifications carry it."""
    turns: list[list[str]] = field(default_factory=list)
    """Earlier [speaker, text] turns, oldest first, that are not in the database."""


@dataclass(frozen=True)
class Cancel:
    """Stop the reply that streams under this number."""

    method: ClassVar[str] = "cancel"
    stream: int


@dataclass(frozen=True)
class Import:
    """Learn from files; sends `Progress` notifications; the reply has the counts.

    Keys: `guild`, `read`, `added`, `duplicates`, `filtered`, `seconds`, `files`
    (`file`, `read`, `added`), and `errors` (`file`, `text`: what could not be read,
    and where).
    """

    method: ClassVar[str] = "import"
    guild: str
    paths: list[str]
    channel: str | None = None


@dataclass(frozen=True)
class Forget:
    """Forget messages, an author, a channel or a whole guild, everywhere."""

    method: ClassVar[str] = "forget"
    guild: str
    messages: list[str] = field(default_factory=list)
    author: str | None = None
    channel: str | None = None
    everything: bool = False


@dataclass(frozen=True)
class ConfigGet:
    """Settings with their origin; `settings` has one each.

    Keys: `key`, `value`, `origin` (default, file, guild or channel).
    """

    method: ClassVar[str] = "config_get"
    key: str | None = None
    guild: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class ConfigSet:
    """Change a setting for the home, a guild or a channel; value None resets it."""

    method: ClassVar[str] = "config_set"
    key: str
    value: str | None = None
    guild: str | None = None
    channel: str | None = None
    agreed: bool = False
    """The owner was told what leaves the machine with a cloud model, and agreed."""


@dataclass(frozen=True)
class Models:
    """The catalogue with what is present and which model is used.

    `models` has one each: `name`, `kind`, `bytes`, `ram_gigabytes`, `licence`, `note`,
    `present`, `used`, `fits`, `tokens_per_second` (as last measured, or null);
    `memory_gigabytes` is what this machine has.
    """

    method: ClassVar[str] = "models"


@dataclass(frozen=True)
class ModelPull:
    """Fetch a model of the catalogue; sends `Progress` notifications."""

    method: ClassVar[str] = "model_pull"
    name: str


@dataclass(frozen=True)
class ModelUse:
    """Use a model of the catalogue, or a GGUF file by its path."""

    method: ClassVar[str] = "model_use"
    name: str


@dataclass(frozen=True)
class ModelTune:
    """Measure a model's formats on this machine, and keep the better file.

    Keys: `name`, `kept`, `file`, `formats` (`format`, `bytes`,
    `prompt_tokens_per_second`, `tokens_per_second`, `bits_per_byte`, `reply_seconds`).
    """

    method: ClassVar[str] = "model_tune"
    name: str


@dataclass(frozen=True)
class ModelRemove:
    """Delete the file of a model."""

    method: ClassVar[str] = "model_remove"
    name: str


@dataclass(frozen=True)
class Bench:
    """Measure this machine.

    Keys: `model`, `prompt_tokens_per_second`, `tokens_per_second`,
    `embeddings_per_second`, `walk_ms` (null where nothing can be measured),
    `disk_megabytes_per_second`, `models` (`name`, `fits`, `answer_seconds`), `seconds`.
    """

    method: ClassVar[str] = "bench"


@dataclass(frozen=True)
class Doctor:
    """Check what commonly breaks."""

    method: ClassVar[str] = "doctor"


@dataclass(frozen=True)
class Usage:
    """Tokens, cost and what left the machine, by day, guild and model.

    Keys: `days` (`day`, `guild`, `provider`, `model`, `host`, `calls`, `prompt_tokens`,
    `cached_tokens`, `completion_tokens`, `cost`, `bytes_sent`), `sent` (the newest
    requests: `at`, `host`, `bytes_sent`, `reply`, `guild`, `model`, `cost`), `today`,
    `month`, `daily_budget`, `monthly_budget`, `prices_date`.
    """

    method: ClassVar[str] = "usage"
    days: int = 31


@dataclass(frozen=True)
class Explain:
    """The row that explains a reply."""

    method: ClassVar[str] = "explain"
    reply: int


@dataclass(frozen=True)
class Rate:
    """Like (+1), dislike (-1) or take back (0) a reply."""

    method: ClassVar[str] = "rate"
    reply: int
    value: int
    again: bool = False
    """Not a mark: another one was asked for, which is a mild dislike."""


@dataclass(frozen=True)
class Send:
    """Say something in a channel as the bot, in the owner's words."""

    method: ClassVar[str] = "send"
    guild: str
    channel: str
    text: str


@dataclass(frozen=True)
class Decide:
    """Send a shadow draft (with `text` in its place, if given), or throw it away."""

    method: ClassVar[str] = "decide"
    reply: int
    approve: bool
    text: str | None = None


@dataclass(frozen=True)
class Phrases:
    """What makes a guild's voice its own: `words` and `phrases` (`text`, `count`)."""

    method: ClassVar[str] = "phrases"
    guild: str
    limit: int = 30


@dataclass(frozen=True)
class Meter:
    """How much a guild's replies are like what its members write, week by week.

    Keys: `guild`, `weeks` (oldest first, each `start` in seconds since the epoch and
    the fields of `app.meter.week.Week`), `advice` (`is_alarm`, `finding`, `remedy`).
    """

    method: ClassVar[str] = "meter"
    guild: str
    weeks: int = 12
    anew: bool = False
    """Make the present week's figures now, however fresh they are."""


@dataclass(frozen=True)
class Blind:
    """Two replies to something that was said there; who made which is not told.

    Keys: `pair` (its number), `turns` ([speaker, text] each), `texts` (two).
    """

    method: ClassVar[str] = "blind"
    guild: str
    first: str = "hybrid"
    """A mode, for hybrid with a dial if it is not the guild's own: `hybrid 70`."""
    second: str = "llm"


@dataclass(frozen=True)
class BlindChoose:
    """Store which reply of a pair is better; keys of the results, and `arms` (two)."""

    method: ClassVar[str] = "blind_choose"
    pair: int
    won: int
    """1 or 2, or 0 for neither."""


@dataclass(frozen=True)
class BlindResults:
    """Win rates of blind choices, and of the arms that `reply.split` alternates.

    Keys: `comparisons`, `blind` and `live` (each `arm`, `won`, `of`, `rate`, `low`,
    `high`; live ones also `replies`).
    """

    method: ClassVar[str] = "blind_results"
    guild: str


@dataclass(frozen=True)
class Export:
    """Write a guild's messages to a file in the interchange format; `messages`."""

    method: ClassVar[str] = "export"
    guild: str
    to: str


@dataclass(frozen=True)
class ExportTuning:
    """Write examples for tuning into a directory, of members who agreed.

    Keys: `files`, `messages`, `train`, `validation`, `preferences`, `duplicates`,
    `private`, `members` (who agreed), `channels` (open for it).
    """

    method: ClassVar[str] = "export_tuning"
    guild: str
    to: str


@dataclass(frozen=True)
class TuneEstimate:
    """What tuning a cloud model would take; nothing is sent.

    Keys: those of `ExportTuning` but `files`, and `model`, `epochs`, `tokens` (of all
    epochs), `cost` (US dollars, null where there is no price).
    """

    method: ClassVar[str] = "tune_estimate"
    guild: str
    model: str
    preferences: bool = False
    """Tune by preference pairs (DPO) instead of by examples."""


@dataclass(frozen=True)
class TuneStart:
    """Send the examples to the cloud and start tuning; keys of the estimate, `job`."""

    method: ClassVar[str] = "tune_start"
    guild: str
    model: str
    preferences: bool = False
    agreed: bool = False
    """The owner read what Discord's policy asks, and what is sent."""


@dataclass(frozen=True)
class TuneStatus:
    """How far a tuning is; without a job, the guild's newest.

    Keys: `job`, `state`, `model`, `tuned_model`, `tokens`, `error`, `events` (`at`,
    `text`, oldest first).
    """

    method: ClassVar[str] = "tune_status"
    guild: str
    job: str | None = None


@dataclass(frozen=True)
class TuneUse:
    """Have the guild's replies written by the model that a job made; `model`."""

    method: ClassVar[str] = "tune_use"
    guild: str
    job: str | None = None


@dataclass(frozen=True)
class Backup:
    """Write everything that cannot be made anew to a file; `file`, `bytes`."""

    method: ClassVar[str] = "backup"
    to: str


@dataclass(frozen=True)
class Snapshots:
    """Kept states of a guild: `snapshots` (`name`, `at`, `messages`), newest first."""

    method: ClassVar[str] = "snapshots"
    guild: str


@dataclass(frozen=True)
class SnapshotTake:
    """Keep voice, persona and settings as they are now under a name."""

    method: ClassVar[str] = "snapshot_take"
    guild: str
    name: str


@dataclass(frozen=True)
class SnapshotRestore:
    """Roll voice, persona and settings back; `name`, `undo`, `complete`.

    What was learned since stays stored outside the voice: the snapshot named `undo`
    is taken before, and brings it back. What may leave the machine is not rolled back.
    """

    method: ClassVar[str] = "snapshot_restore"
    guild: str
    name: str


@dataclass(frozen=True)
class SnapshotCompare:
    """What the voice gained and lost between two snapshots, or since one.

    Keys: `gained` and `lost` (`text`, `count`: words the other never had), `settings`
    (`channel`, `key`, `before`, `after`).
    """

    method: ClassVar[str] = "snapshot_compare"
    guild: str
    name: str
    to: str | None = None
    """The later one; None is what the guild is now."""


@dataclass(frozen=True)
class SnapshotExport:
    """Write a snapshot with its messages to a file; `file`, `messages`."""

    method: ClassVar[str] = "snapshot_export"
    guild: str
    name: str
    to: str


@dataclass(frozen=True)
class SnapshotImport:
    """Make a guild of an exported snapshot; the counts of `Import`, `name`, `settings`.

    Settings of its that do not fit this version, and those of what may leave the
    machine, are left out.
    """

    method: ClassVar[str] = "snapshot_import"
    guild: str
    """A guild without messages, made if there is none."""
    file: str


@dataclass(frozen=True)
class SnapshotRemove:
    """Drop a snapshot; the messages stay."""

    method: ClassVar[str] = "snapshot_remove"
    guild: str
    name: str


@dataclass(frozen=True)
class Listen:
    """Learn what is written in a channel (name or id) from now on, or no longer."""

    method: ClassVar[str] = "listen"
    guild: str
    channel: str
    learn: bool


@dataclass(frozen=True)
class Train:
    """Learn the history of Discord channels (by name or id; none: all listened to)."""

    method: ClassVar[str] = "train"
    guild: str
    channels: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """Pause, resume or stop long work by the `job` number of its `Progress`."""

    method: ClassVar[str] = "job"
    job: int
    action: str
    """pause, resume or stop."""


@dataclass(frozen=True)
class ModelTest:
    """Measure a present model: `prompt_tokens_per_second`, `tokens_per_second`."""

    method: ClassVar[str] = "model_test"
    name: str


@dataclass(frozen=True)
class SecretSet:
    """Keep `bot_token` or `openai_key`; value None deletes it; `place` in words."""

    method: ClassVar[str] = "secret_set"
    name: str
    value: str | None


@dataclass(frozen=True)
class SecretTest:
    """Try a kept secret once: `ok`, `detail`, `hint`; for a bot token `invite`."""

    method: ClassVar[str] = "secret_test"
    name: str


@dataclass(frozen=True)
class Reconnect:
    """Connect to Discord (again); `connect` false goes offline and stays there."""

    method: ClassVar[str] = "reconnect"
    connect: bool = True


@dataclass(frozen=True)
class Subscribe:
    """From now on send this peer all notifications: log, state, message, reply."""

    method: ClassVar[str] = "subscribe"


@dataclass(frozen=True)
class Shutdown:
    """End the bot."""

    method: ClassVar[str] = "shutdown"


# Notifications, bot → asker.


@dataclass(frozen=True)
class Token:
    """A piece of a reply that streams."""

    method: ClassVar[str] = "token"
    stream: int
    text: str
    restart: bool = False
    """Take back what came so far: another provider begins anew."""


@dataclass(frozen=True)
class Progress:
    """How far long work is."""

    method: ClassVar[str] = "progress"
    work: str
    """What is done: import, train, rebuild, tokens, embed, pull, tune."""
    label: str
    """Of what; the same as long as it is the same work."""
    done: int
    total: int
    """0 while unknown."""
    unit: str
    rate: float
    """Units a second."""
    job: int = 0
    """Number for `Job`; 0 when the work can't be steered."""
    paused: bool = False
    finished: bool = False
    error: str = ""
    """Why it ended early, for a person."""
    note: str = ""
    """What else is to be said, such as messages read so far."""


@dataclass(frozen=True)
class State:
    """The `Status` reply, sent whenever it changes."""

    method: ClassVar[str] = "state"
    status: Json


@dataclass(frozen=True)
class Log:
    """One log line."""

    method: ClassVar[str] = "log"
    level: str
    source: str
    text: str
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True)
class MessageSeen:
    """A message was stored or changed; the TUI reads its row."""

    method: ClassVar[str] = "message"
    row: int
    guild: int
    channel: int


@dataclass(frozen=True)
class ReplyMade:
    """A reply was made; the TUI reads its row."""

    method: ClassVar[str] = "reply"
    row: int
    guild: int
    channel: int | None


REQUESTS = (
    Status,
    Guilds,
    Say,
    Cancel,
    Import,
    Forget,
    ConfigGet,
    ConfigSet,
    Models,
    ModelPull,
    ModelUse,
    ModelTune,
    ModelRemove,
    Bench,
    Doctor,
    Usage,
    Explain,
    Rate,
    Send,
    Decide,
    Phrases,
    Meter,
    Blind,
    BlindChoose,
    BlindResults,
    Export,
    ExportTuning,
    TuneEstimate,
    TuneStart,
    TuneStatus,
    TuneUse,
    Backup,
    Snapshots,
    SnapshotTake,
    SnapshotRestore,
    SnapshotCompare,
    SnapshotExport,
    SnapshotImport,
    SnapshotRemove,
    Listen,
    Train,
    Job,
    ModelTest,
    SecretSet,
    SecretTest,
    Reconnect,
    Subscribe,
    Shutdown,
)
NOTIFICATIONS = (Token, Progress, State, Log, MessageSeen, ReplyMade)
