"""Requests about language models here, and about tuning one in the cloud."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Models:
    """The catalogue with what is present and which model is used.

    `models` has one each: `name`, `kind`, `bytes`, `ram_gigabytes`, `licence`, `note`,
    `present`, `used`, `set_aside` (why, and since when, or empty), `fits`,
    `tokens_per_second` (as last measured, or null);
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
    """An estimate for tuning a cloud model; nothing is sent.

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
    """The progress of a tuning; without a job, the guild's newest.

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


MODEL_REQUESTS = (
    Models,
    ModelPull,
    ModelUse,
    ModelTune,
    ModelRemove,
)
FINE_TUNING_REQUESTS = (
    ExportTuning,
    TuneEstimate,
    TuneStart,
    TuneStatus,
    TuneUse,
)
