"""Requests about the language models of this machine."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class ModelEntry:
    """A model of the catalogue, or a file of the owner's own."""

    name: str
    kind: str
    """llm, embedding or mouth."""
    bytes: int
    ram_gigabytes: float | None
    """Memory that it needs at the context that is set; None while unknown."""
    licence: str
    note: str
    present: bool
    used: bool
    set_aside: str
    """Why, and since when; empty when it is not."""
    fits: bool | None
    """True if this machine has the memory; None while that is unknown."""
    tokens_per_second: float | None
    """As last measured on this machine."""
    answer_seconds: float | None = None
    """The time of a usual reply here; None while nothing was measured."""
    fetched: float = 0.0
    """The share that a fetch brought before it was paused, stopped or failed."""
    title: str = ""
    """The name to show, of another program's model; `name` is then its path."""


@dataclass(frozen=True)
class ModelsReply:
    """The models, with the memory that this machine has."""

    models: list[ModelEntry]
    memory_gigabytes: float
    best: str = ""
    """The best model of the catalogue for this machine; empty while unknown."""
    without_best: str = ""
    """Says why none is the best, once something was measured."""


@dataclass(frozen=True)
class Models(Request[ModelsReply]):
    """List the catalogue with what is present and which model is used."""

    method: ClassVar[str] = "models"
    only_reads: ClassVar[bool] = True


@dataclass(frozen=True)
class ModelsFoundReply:
    """The models of other programs, and how many files are none to load."""

    models: list[ModelEntry]
    left_out: int = 0


@dataclass(frozen=True)
class ModelsFound(Request[ModelsFoundReply]):
    """Look for models that other programs keep on this computer."""

    method: ClassVar[str] = "models_found"
    only_reads: ClassVar[bool] = True
    within: float = 0.0
    """Seconds since the last look at the disk for which that look will do."""


@dataclass(frozen=True)
class ModelPullReply:
    """The file that was fetched."""

    name: str
    file: str
    bytes: int


@dataclass(frozen=True)
class ModelPull(Request[ModelPullReply]):
    """Fetch a model of the catalogue; sends `Progress` notifications."""

    method: ClassVar[str] = "model_pull"
    name: str


@dataclass(frozen=True)
class ModelUseReply:
    """The model that writes from now on."""

    name: str
    file: str


@dataclass(frozen=True)
class ModelUse(Request[ModelUseReply]):
    """Use a model of the catalogue, or a GGUF file by its path."""

    method: ClassVar[str] = "model_use"
    name: str


@dataclass(frozen=True)
class ModelLoadReply:
    """The model in use, and whether it is in memory now."""

    name: str
    loaded: bool


@dataclass(frozen=True)
class ModelLoad(Request[ModelLoadReply]):
    """Load the model in use; `load` false frees its memory until the next reply."""

    method: ClassVar[str] = "model_load"
    load: bool = True


@dataclass(frozen=True)
class MeasuredFormat:
    """One format of a model, as it does on this machine."""

    format: str
    bytes: int
    prompt_tokens_per_second: float
    tokens_per_second: float
    bits_per_byte: float
    """Of the owner's messages; lower is better."""
    reply_seconds: float
    """The seconds for a reply without anything cached."""


@dataclass(frozen=True)
class ModelTuneReply:
    """The format that was kept, and the figures that decided."""

    name: str
    kept: str
    file: str
    formats: list[MeasuredFormat]


@dataclass(frozen=True)
class ModelTune(Request[ModelTuneReply]):
    """Measure a model's formats on this machine, and keep the better file."""

    method: ClassVar[str] = "model_tune"
    name: str


@dataclass(frozen=True)
class ModelRemoveReply:
    """The disk space that is free again."""

    name: str
    bytes: int


@dataclass(frozen=True)
class ModelRemove(Request[ModelRemoveReply]):
    """Delete the files of a model."""

    method: ClassVar[str] = "model_remove"
    name: str


MODEL_REQUESTS = (
    Models,
    ModelsFound,
    ModelPull,
    ModelUse,
    ModelLoad,
    ModelTune,
    ModelRemove,
)
