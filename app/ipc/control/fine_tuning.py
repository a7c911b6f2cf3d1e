"""Requests about tuning a cloud model on what members agreed to give."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class TuningCounts:
    """The size of the tuning data."""

    messages: int
    train: int
    validation: int
    preferences: int
    duplicates: int
    private: int
    """Messages left out for a secret, an address or a number in them."""
    members: int
    """Members who agreed."""
    channels: int
    """Channels that are open for it."""


@dataclass(frozen=True)
class ExportTuningReply(TuningCounts):
    """The counts, and the files that were written."""

    files: list[str]


@dataclass(frozen=True)
class ExportTuning(Request[ExportTuningReply]):
    """Write examples for tuning into a directory, of members who agreed."""

    method: ClassVar[str] = "export_tuning"
    guild: str
    to: str
    overwrite: bool = False
    """Replace files that are there."""


@dataclass(frozen=True)
class TuneEstimateReply(TuningCounts):
    """The counts, and what the tuning would take."""

    model: str
    epochs: int
    tokens: int
    """Of all epochs."""
    cost: float | None
    """US dollars; None where there is no price."""


@dataclass(frozen=True)
class TuneEstimate(Request[TuneEstimateReply]):
    """Estimate what tuning a cloud model would take; nothing is sent."""

    method: ClassVar[str] = "tune_estimate"
    guild: str
    model: str
    preferences: bool = False
    """Tune by preference pairs (DPO) instead of by examples."""


@dataclass(frozen=True)
class TuneStartReply(TuneEstimateReply):
    """The estimate, and the job that was started."""

    job: str


@dataclass(frozen=True)
class TuneStart(Request[TuneStartReply]):
    """Send the examples to the cloud and start tuning."""

    method: ClassVar[str] = "tune_start"
    guild: str
    model: str
    preferences: bool = False
    agreed: bool = False
    """The owner read what Discord's policy asks, and what is sent."""


@dataclass(frozen=True)
class TuningEvent:
    """One line of a tuning's log."""

    at: float
    """Seconds since the epoch."""
    text: str


@dataclass(frozen=True)
class TuneStatusReply:
    """The progress of a tuning."""

    job: str
    state: str
    """validating_files, queued, running, succeeded, failed or cancelled."""
    model: str
    tuned_model: str | None
    tokens: int | None
    error: str
    events: list[TuningEvent]
    """Oldest first."""


@dataclass(frozen=True)
class TuneStatus(Request[TuneStatusReply]):
    """Ask how far a tuning is; without a job, the guild's newest."""

    method: ClassVar[str] = "tune_status"
    guild: str
    job: str | None = None


@dataclass(frozen=True)
class TuneUseReply:
    """The model that writes the guild's cloud replies from now on."""

    job: str
    model: str


@dataclass(frozen=True)
class TuneUse(Request[TuneUseReply]):
    """Have the guild's replies written by the model that a job made."""

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
