"""What is asked about language models that are here."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Json, Request


@dataclass(frozen=True)
class Models(Request[Json]):
    """The catalogue with what is present and which model is used.

    `models` has one each: `name`, `kind`, `bytes`, `ram_gigabytes`, `licence`, `note`,
    `present`, `used`, `set_aside` (why, and since when, or empty), `fits`,
    `tokens_per_second` (as last measured, or null);
    `memory_gigabytes` is what this machine has.
    """

    method: ClassVar[str] = "models"


@dataclass(frozen=True)
class ModelPull(Request[Json]):
    """Fetch a model of the catalogue; sends `Progress` notifications."""

    method: ClassVar[str] = "model_pull"
    name: str


@dataclass(frozen=True)
class ModelUse(Request[Json]):
    """Use a model of the catalogue, or a GGUF file by its path."""

    method: ClassVar[str] = "model_use"
    name: str


@dataclass(frozen=True)
class ModelTune(Request[Json]):
    """Measure a model's formats on this machine, and keep the better file.

    Keys: `name`, `kept`, `file`, `formats` (`format`, `bytes`,
    `prompt_tokens_per_second`, `tokens_per_second`, `bits_per_byte`, `reply_seconds`).
    """

    method: ClassVar[str] = "model_tune"
    name: str


@dataclass(frozen=True)
class ModelRemove(Request[Json]):
    """Delete the file of a model."""

    method: ClassVar[str] = "model_remove"
    name: str


MODEL_REQUESTS = (
    Models,
    ModelPull,
    ModelUse,
    ModelTune,
    ModelRemove,
)
