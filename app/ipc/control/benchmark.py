"""What is measured on this machine."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Json, Request


@dataclass(frozen=True)
class Bench(Request[Json]):
    """Measure this machine.

    Keys: `model`, `prompt_tokens_per_second`, `tokens_per_second`,
    `embeddings_per_second`, `walk_ms` (null where nothing can be measured),
    `disk_megabytes_per_second`, `models` (`name`, `fits`, `answer_seconds`), `seconds`.
    """

    method: ClassVar[str] = "bench"


@dataclass(frozen=True)
class ModelTest(Request[Json]):
    """Measure a present model: `prompt_tokens_per_second`, `tokens_per_second`."""

    method: ClassVar[str] = "model_test"
    name: str


BENCHMARK_REQUESTS = (
    Bench,
    ModelTest,
)
