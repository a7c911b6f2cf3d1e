"""Requests that measure this machine."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class ModelOutlook:
    """A model's expected speed on this machine."""

    name: str
    fits: bool
    answer_seconds: float | None
    """None where nothing was measured to tell it from."""


@dataclass(frozen=True)
class BenchReply:
    """This machine's speeds; None where nothing can be measured."""

    model: str
    """The model in use, which the speeds are of."""
    prompt_tokens_per_second: float | None
    tokens_per_second: float | None
    embeddings_per_second: float
    walk_ms: float | None
    """Median milliseconds of a line of the largest voice."""
    disk_megabytes_per_second: float
    models: list[ModelOutlook]
    seconds: float
    """That measuring took."""
    best: str = ""
    """The best model for this machine; empty while unknown."""
    without_best: str = ""
    """Says why none is the best, once something was measured."""
    gpu: str = ""
    """The graphics card that does a part of the model's work; empty for none."""
    gpu_layers: int = 0
    processor_prompt_tokens_per_second: float | None = None
    processor_tokens_per_second: float | None = None
    """Both without the graphics card; None if there is none, or no memory for both."""


@dataclass(frozen=True)
class Bench(Request[BenchReply]):
    """Measure this machine."""

    method: ClassVar[str] = "bench"


@dataclass(frozen=True)
class ModelTestReply:
    """A model's speed of reading and writing."""

    prompt_tokens_per_second: float
    tokens_per_second: float


@dataclass(frozen=True)
class ModelTest(Request[ModelTestReply]):
    """Measure a present model."""

    method: ClassVar[str] = "model_test"
    name: str


BENCHMARK_REQUESTS = (Bench, ModelTest)
