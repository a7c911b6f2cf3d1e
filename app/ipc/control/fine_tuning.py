"""What is asked about tuning a model in the cloud."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Json, Request


@dataclass(frozen=True)
class ExportTuning(Request[Json]):
    """Write examples for tuning into a directory, of members who agreed.

    Keys: `files`, `messages`, `train`, `validation`, `preferences`, `duplicates`,
    `private`, `members` (who agreed), `channels` (open for it).
    """

    method: ClassVar[str] = "export_tuning"
    guild: str
    to: str


@dataclass(frozen=True)
class TuneEstimate(Request[Json]):
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
class TuneStart(Request[Json]):
    """Send the examples to the cloud and start tuning; keys of the estimate, `job`."""

    method: ClassVar[str] = "tune_start"
    guild: str
    model: str
    preferences: bool = False
    agreed: bool = False
    """The owner read what Discord's policy asks, and what is sent."""


@dataclass(frozen=True)
class TuneStatus(Request[Json]):
    """How far a tuning is; without a job, the guild's newest.

    Keys: `job`, `state`, `model`, `tuned_model`, `tokens`, `error`, `events` (`at`,
    `text`, oldest first).
    """

    method: ClassVar[str] = "tune_status"
    guild: str
    job: str | None = None


@dataclass(frozen=True)
class TuneUse(Request[Json]):
    """Have the guild's replies written by the model that a job made; `model`."""

    method: ClassVar[str] = "tune_use"
    guild: str
    job: str | None = None


FINE_TUNING_REQUESTS = (
    ExportTuning,
    TuneEstimate,
    TuneStart,
    TuneStatus,
    TuneUse,
)
